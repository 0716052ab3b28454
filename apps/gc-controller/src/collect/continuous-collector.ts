import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { Ticker } from '@haven/queue/worker';
import { LOGGER } from '../gc.config.js';
import { Collector } from './collector.service.js';

const everyMs = 10_000;

/** Collects what is due all the time, without anybody asking for it. */
@Injectable()
export class ContinuousCollector {
  private readonly stopping = new AbortController();
  private readonly ticker: Ticker;

  constructor(@Inject(Collector) collector: Collector, @Inject(LOGGER) log: Logger) {
    const { signal } = this.stopping;
    this.ticker = new Ticker(
      everyMs,
      async () => {
        const freed = await collector.run(signal);
        if (freed.blobs + freed.manifests > 0) log.info(freed, 'garbage freed');
      },
      (error) => {
        if (!signal.aborted) log.warn({ err: error }, 'collection cut short, it goes on later');
      },
    );
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    this.stopping.abort();
    return this.ticker.stop();
  }
}
