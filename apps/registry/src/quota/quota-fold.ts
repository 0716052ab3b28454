import { Inject, Injectable } from '@nestjs/common';
import { foldQuota, statement } from '@haven/models';
import type { Logger } from '@haven/observability';
import { Periodic } from '../background/periodic.js';
import { Databases } from '../database/databases.js';
import { LOGGER } from '../registry.config.js';

const foldEveryMs = 5_000;
const hasDeltas = statement('quota_delta_any', 'SELECT EXISTS (SELECT 1 FROM quota_delta) AS any');

/** Adds up what pushes and deletions have booked, every few seconds. Replicas may all do so. */
@Injectable()
export class QuotaFold {
  private readonly folding: Periodic;

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(LOGGER) log: Logger,
  ) {
    this.folding = new Periodic({
      everyMs: foldEveryMs,
      work: () => this.fold(),
      onError: (error) => {
        log.warn({ err: error }, 'quota not folded, it is tried again');
      },
    });
  }

  start(): void {
    this.folding.start();
  }

  async stop(): Promise<void> {
    await this.folding.stop();
  }

  private async fold(): Promise<void> {
    const { push } = this.databases;
    const { any } = await push.one<{ any: boolean }>(hasDeltas());
    if (any) await foldQuota(push);
  }
}
