import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { Periodic } from '../background/periodic.js';
import { CoreClient, type CountedTraffic } from '../core/core.client.js';
import { LOGGER } from '../registry.config.js';
import { Traffic } from '../traffic.js';

const tellEveryMs = 2_000;
/** Repositories in one message to core. */
const mostItems = 2_000;

/** Tells core how many bytes came in, by repository. A kill loses the last two seconds of it, and nothing else. */
@Injectable()
export class ReceivedLog {
  /** What core has not taken yet. It is sent again as it was, so that core can tell that it has it already. */
  private sending: CountedTraffic[] = [];
  private readonly telling: Periodic;

  constructor(
    @Inject(Traffic) private readonly traffic: Traffic,
    @Inject(CoreClient) private readonly core: CoreClient,
    @Inject(LOGGER) log: Logger,
  ) {
    this.telling = new Periodic({
      everyMs: tellEveryMs,
      work: () => this.tell(),
      onError: (error) => {
        log.warn({ err: error }, 'bytes of pushes not told to core, it is tried again');
      },
    });
  }

  start(): void {
    this.telling.start();
  }

  async stop(): Promise<void> {
    await this.telling.stop();
    await this.telling.runNow();
  }

  private async tell(): Promise<void> {
    if (this.sending.length === 0) this.sending = this.take();
    for (let next = this.sending[0]; next !== undefined; next = this.sending[0]) {
      await this.core.tellTraffic(next);
      this.sending.shift();
    }
  }

  private take(): CountedTraffic[] {
    const at = new Date().toISOString();
    const items = [...this.traffic.takeReceived()].map(([repository, bytesIn]) => ({ repository, at, bytesIn }));
    const messages = Math.ceil(items.length / mostItems);
    return Array.from({ length: messages }, (_, index) => ({
      counted: { id: randomUUID() },
      items: items.slice(index * mostItems, (index + 1) * mostItems),
    }));
  }
}
