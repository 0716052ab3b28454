import { systemClock, type Clock } from './retry.js';

/** Bytes that may pass at once after a pause, as a time at full speed. */
const burstMs = 250;

/** A limit of bytes per second that any number of copies share (a token bucket, kept as the time when it is empty). */
export class Bandwidth {
  private freeAt = 0;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Waits until so many bytes may pass. @throws the signal's reason */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.clock.now();
    const at = Math.max(this.freeAt, now - burstMs);
    this.freeAt = at + (bytes / this.bytesPerSecond) * 1_000;
    const wait = this.freeAt - now;
    if (wait > 0) await this.clock.sleep(wait, signal);
  }
}
