/** What stands for all that have no value of their own; no project can be called so. */
export const OTHER = '_other';

/**
 * Keeps something for each value of a label, for the first so many; all others share what belongs to {@link OTHER}. A platform
 * may have ten thousand projects, and each series costs Prometheus memory.
 */
export class BoundedLabel<T> {
  private readonly kept = new Map<string, T>();
  private other: T | undefined;

  constructor(
    private readonly limit: number,
    private readonly make: (value: string) => T,
  ) {}

  /** Everything that is kept. */
  *all(): Generator<[value: string, kept: T]> {
    yield* this.kept;
    if (this.other !== undefined) yield [OTHER, this.other];
  }

  of(value: string): T {
    const known = this.kept.get(value);
    if (known !== undefined) return known;
    if (this.kept.size >= this.limit) return (this.other ??= this.make(OTHER));
    const made = this.make(value);
    this.kept.set(value, made);
    return made;
  }
}
