/** What may be left out, and is then told of. */
export type Skippable = 'repositories' | 'manifests' | 'tags' | 'blobs' | 'links';

/** Volumes say what they like; a terminal is told this much of it, on one line. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]+/g, '?').slice(0, 500);

/** Counts what a command does, and tells line by line what it leaves out. */
export class LayoutReport {
  private readonly skipped: Partial<Record<Skippable, number>> = {};
  private readonly counts: Record<string, number>;

  /** @param counted what stands in the summary even when there was none */
  constructor(
    private readonly command: string,
    counted: readonly string[],
    private readonly tell: (line: string) => void,
  ) {
    this.counts = Object.fromEntries(counted.map((name) => [name, 0]));
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  note(line: string): void {
    this.tell(printable(line));
  }

  skip(kind: Skippable, what: string, why: string): void {
    this.skipped[kind] = (this.skipped[kind] ?? 0) + 1;
    this.note(`skipped (${kind}) ${what}: ${why}`);
  }

  /** For programs. */
  get summary(): object {
    return { command: this.command, ...this.counts, skipped: this.skipped };
  }

  /** For people. */
  get sentence(): string {
    const list = (counts: object): string =>
      Object.entries(counts)
        .map(([name, count]) => `${String(count)} ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
        .join(', ');
    const skipped = Object.keys(this.skipped).length === 0 ? 'nothing' : list(this.skipped);
    return `${this.command}: ${list(this.counts)}; skipped: ${skipped}`;
  }
}
