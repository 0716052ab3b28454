/** Does work again and again, one time after the other: after each pause, or at once when nudged. */
export class Ticker {
  private loop: Promise<void> | null = null;
  private isStopping = false;
  private isNudged = false;
  private wake: (() => void) | null = null;

  constructor(
    private readonly pauseMs: number,
    private readonly work: () => Promise<unknown>,
    /** Told of each failure; the work is done again after the pause. */
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.loop ??= this.run();
  }

  /** Does the work now; if it is being done, once more afterwards. */
  nudge(): void {
    this.isNudged = true;
    this.wake?.();
  }

  /** Lets the work under way end, then rests for good. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake?.();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.isNudged = false;
      try {
        await this.work();
      } catch (error) {
        this.onError(error);
        this.isNudged = false;
      }
      await this.pause();
    }
  }

  private async pause(): Promise<void> {
    if (this.isStopping || this.isNudged) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.pauseMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }
}
