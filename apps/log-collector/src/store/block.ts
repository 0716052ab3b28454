import { labelsText, readSpan } from '../line/log-line.js';

/** A run of whole lines in a segment: what a query reads, or skips. */
export interface Block {
  /** In bytes of plain lines, from the start of the segment. */
  offset: number;
  length: number;
  lines: number;
  /** Microseconds since 1970. */
  minTime: number;
  maxTime: number;
  /** The label sets of its lines, as they are stored; null when there are too many to tell. */
  labelSets: ReadonlySet<string> | null;
}

/** What is known of some lines before they become part of a block. */
export interface LinesSummary {
  length: number;
  lines: number;
  minTime: number;
  maxTime: number;
  labelSets: Set<string>;
}

/** Small enough to be read in a moment, large enough to compress well. */
const blockBytes = 256 * 1024;
const mostLabelSets = 256;
const LF = 10;

export const emptySummary = (): LinesSummary => ({
  length: 0,
  lines: 0,
  minTime: Infinity,
  maxTime: -Infinity,
  labelSets: new Set(),
});

/** The index of a segment that still grows. */
export class GrowingBlocks {
  private readonly closed: Block[] = [];
  private open = emptySummary();
  private openAt = 0;

  /** Takes lines that now stand at the end of the segment. */
  add(lines: LinesSummary): void {
    const { open } = this;
    open.length += lines.length;
    open.lines += lines.lines;
    open.minTime = Math.min(open.minTime, lines.minTime);
    open.maxTime = Math.max(open.maxTime, lines.maxTime);
    for (const set of lines.labelSets) open.labelSets.add(set);
    if (open.length >= blockBytes) this.close();
  }

  /** All blocks there are, the one that still grows included. */
  all(): Block[] {
    return this.open.lines === 0 ? [...this.closed] : [...this.closed, this.current()];
  }

  private close(): void {
    this.closed.push(this.current());
    this.openAt += this.open.length;
    this.open = emptySummary();
  }

  private current(): Block {
    const { labelSets, ...rest } = this.open;
    return { offset: this.openAt, ...rest, labelSets: labelSets.size > mostLabelSets ? null : new Set(labelSets) };
  }
}

/** Reads whole lines as they stand in a file, up to the first that is none of ours. */
export function summarise(bytes: Buffer): LinesSummary {
  const summary = emptySummary();
  for (let start = 0; start < bytes.length; start = summary.length) {
    const end = bytes.indexOf(LF, start);
    const span = end === -1 ? null : readSpan(bytes, start, end);
    if (span === null) break;
    summary.length = end + 1;
    summary.lines += 1;
    summary.minTime = Math.min(summary.minTime, span.time);
    summary.maxTime = Math.max(summary.maxTime, span.time);
    summary.labelSets.add(labelsText(bytes, span));
  }
  return summary;
}
