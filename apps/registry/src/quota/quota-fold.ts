import { Inject, Injectable } from '@nestjs/common';
import { foldQuota, statement } from '@haven/models';
import type { Logger } from '@haven/observability';
import { Databases } from '../database/databases.js';
import { LOGGER } from '../registry.config.js';

const foldEveryMs = 5_000;
const hasDeltas = statement('quota_delta_any', 'SELECT EXISTS (SELECT 1 FROM quota_delta) AS any');

/** Adds up what pushes and deletions have booked, every few seconds. Replicas may all do so. */
@Injectable()
export class QuotaFold {
  private timer: NodeJS.Timeout | undefined;
  private folding: Promise<void> | null = null;

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.folding ??= this.fold().finally(() => {
        this.folding = null;
      });
    }, foldEveryMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.folding;
  }

  private async fold(): Promise<void> {
    const { push } = this.databases;
    try {
      const { any } = await push.one<{ any: boolean }>(hasDeltas());
      if (any) await foldQuota(push);
    } catch (error) {
      this.log.warn({ err: error }, 'quota not folded, it is tried again');
    }
  }
}
