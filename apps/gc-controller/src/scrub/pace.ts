import { setTimeout as delay } from 'node:timers/promises';

/** Shorter pauses are saved up: a timer costs more than they are worth. */
const shortestPauseMs = 10;

/** Holds work to a number of things a second, blobs or bytes, from one pause to the next. */
export class Pace {
  private dueMs = 0;

  constructor(private readonly perSecond: number) {}

  /** Counts what was done, and rests until as much was allowed. Rejects when the signal fires. */
  async spend(amount: number, signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    this.dueMs = Math.max(this.dueMs, nowMs) + (amount * 1_000) / this.perSecond;
    if (this.dueMs - nowMs > shortestPauseMs) await delay(this.dueMs - nowMs, undefined, { signal });
    else signal.throwIfAborted();
  }
}
