import type { RE2JS } from 're2js';
import type { Labels } from '../line/label-set.js';
import { labelsText, readSpan, type LineSpan } from '../line/log-line.js';
import type { Block } from '../store/block.js';

/** What lines are asked for. */
export interface LineQuery {
  /** Microseconds since 1970; the first that counts, and the first that does not any more. */
  from: number;
  to: number;
  /** For each label, values of which a line has one. */
  labels: Readonly<Record<string, readonly string[]>>;
  /** Pieces of text that the message holds, as they are written. */
  texts: readonly string[];
  /** What the message matches somewhere. */
  pattern: RE2JS | null;
}

const LF = 10;

/** Decides about lines, and about blocks of them without reading them. */
export class LineFilter {
  private readonly needles: readonly Buffer[];
  private readonly decided = new Map<string, boolean>();
  private readonly wanted: [name: string, values: readonly string[]][];

  constructor(readonly query: LineQuery) {
    this.needles = query.texts.map((text) => Buffer.from(text));
    this.wanted = Object.entries(query.labels).filter(([name]) => name !== 'service');
  }

  wantsService(service: string): boolean {
    return this.query.labels['service']?.includes(service) ?? true;
  }

  /** Whether a stretch of time touches the one asked for. */
  touches({ minTime, maxTime }: { minTime: number; maxTime: number }): boolean {
    return minTime < this.query.to && maxTime >= this.query.from;
  }

  /** Whether there may be something in a block. */
  wantsBlock(block: Block): boolean {
    if (!this.touches(block)) return false;
    return block.labelSets === null || [...block.labelSets].some((text) => this.wantsLabels(text));
  }

  /** Tells of each line that fits, in the order in which they stand. */
  scan(bytes: Buffer, onMatch: (start: number, end: number, time: number) => void): void {
    for (let start = 0; start < bytes.length;) {
      const from = this.nextStart(bytes, start);
      if (from === -1) return;
      const end = bytes.indexOf(LF, from);
      if (end === -1) return;
      const span = readSpan(bytes, from, end);
      if (span !== null && this.wantsLine(bytes, span, end)) onMatch(from, end, span.time);
      start = end + 1;
    }
  }

  /** The next line that can fit: with a text to look for, all before it are passed over at once. */
  private nextStart(bytes: Buffer, start: number): number {
    const [needle] = this.needles;
    if (needle === undefined) return start;
    const hit = bytes.indexOf(needle, start);
    return hit === -1 ? -1 : bytes.lastIndexOf(LF, hit) + 1;
  }

  private wantsLine(bytes: Buffer, span: LineSpan, end: number): boolean {
    const { from, to, pattern } = this.query;
    if (span.time < from || span.time >= to) return false;
    if (this.wanted.length > 0 && !this.wantsLabels(labelsText(bytes, span))) return false;
    const message = bytes.subarray(span.messageAt, end);
    return this.needles.every((needle) => message.includes(needle)) && (pattern?.test(message) ?? true);
  }

  private wantsLabels(text: string): boolean {
    const known = this.decided.get(text);
    if (known !== undefined) return known;
    const labels = JSON.parse(text) as Labels;
    const isWanted = this.wanted.every(([name, values]) => values.includes(labels[name] ?? ''));
    if (this.decided.size < 10_000) this.decided.set(text, isWanted);
    return isWanted;
  }
}
