import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { TrafficRepository } from './traffic.repository.js';

const everyMs = 600_000;

/** Notes what projects store, and removes what is older than reports reach. Replicas may all do so. */
@Injectable()
export class TrafficJob implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | null = null;
  private isStopped = false;

  constructor(
    @Inject(TrafficRepository) private readonly traffic: TrafficRepository,
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.runNow(), everyMs);
    this.timer.unref();
    void this.runNow();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.round;
  }

  /** Does it now, unless it is being done. Does not reject. */
  runNow(): Promise<void> {
    this.round ??= this.run()
      .catch((error: unknown) => {
        this.log.warn({ err: error }, 'what reports are made of was not kept in order, it is tried again');
      })
      .finally(() => {
        this.round = null;
      });
    return this.round;
  }

  private async run(): Promise<void> {
    await this.traffic.noteStorage();
    while (!this.isStopped && (await this.traffic.removeOlder(this.config.reportDays)));
  }
}
