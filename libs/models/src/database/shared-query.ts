const mostAtOnce = 128;

interface Waiting<Ask, Row> {
  ask: Ask;
  answer: PromiseWithResolvers<Row | null>;
}

/** Runs one statement for many asks. @returns for each ask its row, or null, in their order */
type Answer<Ask, Row> = (asks: readonly Ask[]) => Promise<readonly (Row | null)[]>;

/**
 * Answers what is asked at the same time with one statement. Nothing is remembered: every ask is answered by a statement
 * that began after it. A single ask goes out at once; under load each statement takes those that came while the one before
 * was under way, so that a round trip to the database is paid once for all of them.
 */
export class SharedQuery<Ask, Row> {
  private waiting = new Map<string, Waiting<Ask, Row>>();
  private running = 0;
  private isScheduled = false;

  /**
   * @param mostRunning statements that may be under way at once; with two, one is being worked on while the next one
   *   fills, which is right for small ones
   */
  constructor(
    private readonly answer: Answer<Ask, Row>,
    private readonly mostRunning = 2,
  ) {}

  /** @param key the same for asks that are the same: they share an answer */
  find(key: string, ask: Ask): Promise<Row | null> {
    const known = this.waiting.get(key);
    if (known !== undefined) return known.answer.promise;
    const waiting = { ask, answer: Promise.withResolvers<Row | null>() };
    this.waiting.set(key, waiting);
    this.schedule();
    return waiting.answer.promise;
  }

  /** After what has come in by now was read: requests that arrived together go together. */
  private schedule(): void {
    if (this.isScheduled || this.running >= this.mostRunning || this.waiting.size === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.send(this.take());
    });
  }

  private take(): Waiting<Ask, Row>[] {
    const taken = [...this.waiting].slice(0, mostAtOnce);
    for (const [key] of taken) this.waiting.delete(key);
    return taken.map(([, waiting]) => waiting);
  }

  private async send(asked: readonly Waiting<Ask, Row>[]): Promise<void> {
    this.running += 1;
    this.schedule();
    try {
      const rows = await this.answer(asked.map(({ ask }) => ask));
      asked.forEach(({ answer }, index) => {
        answer.resolve(rows[index] ?? null);
      });
    } catch (error) {
      for (const { answer } of asked) answer.reject(error);
    } finally {
      this.running -= 1;
      this.schedule();
    }
  }
}
