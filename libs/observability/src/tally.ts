/** How many values there were, up to which bounds: what a histogram is made of. Counting one makes nothing new. */
export class Tally {
  /** One for each bound, and one for what lies beyond the last; not cumulative. */
  readonly buckets: number[];
  sum = 0;
  count = 0;

  /** @param bounds ascending */
  constructor(readonly bounds: readonly number[]) {
    this.buckets = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let place = 0;
    while (value > (this.bounds[place] ?? Infinity)) place += 1;
    this.buckets[place] = (this.buckets[place] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }
}

/** From a look-up in memory to a slow search, in seconds. */
const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const mostRemembered = 512;

/** How long things took; of the last of them, exactly. */
export class Durations extends Tally {
  private readonly latest: number[] = [];

  constructor() {
    super(durationBounds);
  }

  override observe(seconds: number): void {
    this.latest[this.count % mostRemembered] = seconds;
    super.observe(seconds);
  }

  /** What so large a part of the last ones did not exceed; NaN when there were none. */
  quantiles(parts: readonly number[]): number[] {
    const ordered = this.latest.toSorted((a, b) => a - b);
    return parts.map((part) => ordered[Math.ceil(part * ordered.length) - 1] ?? Number.NaN);
  }
}
