import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { Periodic } from '../background/periodic.js';
import { LOGGER } from '../registry.config.js';
import { ReadOnly } from '../v2/read-only.js';
import { UploadPurge } from './upload-purge.service.js';

const purgeEveryMs = 600_000;

/** Purges every few minutes, except while nothing is to change. Replicas all do so. */
@Injectable()
export class PurgeJob {
  private readonly purging: Periodic;

  constructor(
    @Inject(UploadPurge) private readonly purge: UploadPurge,
    @Inject(ReadOnly) private readonly readOnly: ReadOnly,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.purging = new Periodic({
      everyMs: purgeEveryMs,
      work: (signal) => this.purgeOnce(signal),
      onError: (error) => {
        log.warn({ err: error }, 'purge of uploads cut short, it goes on later');
      },
    });
  }

  start(): void {
    this.purging.start();
  }

  async stop(): Promise<void> {
    await this.purging.stop();
  }

  /** As the clock does it. */
  async purgeOnce(signal?: AbortSignal): Promise<void> {
    if (await this.readOnly.isOn()) return;
    const counts = await this.purge.run(this.purge.ages, signal);
    if (Object.values(counts).some((count) => count > 0)) this.log.info(counts, 'uploads purged');
  }
}
