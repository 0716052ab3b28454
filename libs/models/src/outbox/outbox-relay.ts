import type { Sql } from '../database/sql.js';
import { claimOutbox, completeOutbox, postponeOutbox, type OutboxConsumer, type OutboxRow } from './outbox.js';

export interface RelayOptions {
  consumer: OutboxConsumer;
  /** Delivers a batch, in order. Throwing leaves all of it for a later try. */
  deliver(rows: readonly OutboxRow[]): Promise<void>;
  /** Told of each failed try. */
  onError(error: unknown): void;
  batchSize?: number;
  /** How long the relay rests when nothing was due. */
  idleMs?: number;
}

const holdSeconds = 60;
const longestBackOffSeconds = 300;

/** Doubling from one second, with a ceiling. */
export const backOffSeconds = (attempts: number): number =>
  Math.min(2 ** Math.min(attempts - 1, 16), longestBackOffSeconds);

/** Moves outbox rows of one consumer to where they belong: at least once, any number of replicas side by side. */
export class OutboxRelay {
  private running: Promise<void> | null = null;
  private readonly stopping = new AbortController();
  private wakeUp: (() => void) | null = null;

  constructor(
    private readonly db: Sql,
    private readonly options: RelayOptions,
  ) {}

  start(): void {
    this.running ??= this.loop();
  }

  /** Looks now: something was just written. */
  nudge(): void {
    this.wakeUp?.();
  }

  /** Finishes the batch under way, then rests for good. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.nudge();
    await this.running;
  }

  /** Delivers one batch. @returns how many rows were claimed */
  async deliverOnce(): Promise<number> {
    const rows = await claimOutbox(this.db, this.options.consumer, this.options.batchSize ?? 100, holdSeconds);
    if (rows.length === 0) return 0;
    const ids = rows.map((row) => row.id);
    try {
      await this.options.deliver(rows);
    } catch (error) {
      const attempts = Math.max(...rows.map((row) => row.attempts));
      await postponeOutbox(this.db, ids, backOffSeconds(attempts));
      throw error;
    }
    await completeOutbox(this.db, ids);
    return rows.length;
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const delivered = await this.deliverOnce().catch((error: unknown) => {
        this.options.onError(error);
        return 0;
      });
      if (delivered === 0) await this.rest(this.options.idleMs ?? 1000);
    }
  }

  private async rest(ms: number): Promise<void> {
    if (this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = null;
  }
}
