export interface PeriodicWork {
  everyMs: number;
  /** Ends early, between two of its steps, when the signal fires. */
  work(signal: AbortSignal): Promise<unknown>;
  /** Told of each failure; the work is tried again when its time comes. */
  onError(error: unknown): void;
}

/** Does work again and again, never twice at once. */
export class Periodic {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(private readonly options: PeriodicWork) {}

  start(): void {
    this.timer = setInterval(() => void this.runNow(), this.options.everyMs);
  }

  /** Does it now, unless it is being done already. Does not reject. */
  runNow(): Promise<void> {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Lets the step under way end, then rests for good. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.options.work(this.stopping.signal);
    } catch (error) {
      this.options.onError(error);
    }
  }
}
