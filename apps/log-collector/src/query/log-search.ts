import { decodeLine, type LogLine } from '../line/log-line.js';
import type { Block } from '../store/block.js';
import type { LogStore } from '../store/log-store.js';
import type { Segment } from '../store/segment.js';
import type { LineFilter } from './line-filter.js';
import { comparePositions, type Direction, type Position } from './position.js';

export interface SearchOptions {
  direction: Direction;
  /** Most lines of a page. */
  limit: number;
  /** The last line of the page before; those after it are wanted. */
  after: Position | null;
  signal?: AbortSignal;
}

export interface FoundLine extends LogLine {
  position: Position;
}

export interface LogPage {
  lines: FoundLine[];
  /** Where the next page goes on; null when there is none. */
  next: Position | null;
  scannedBytes: number;
}

interface Match {
  position: Position;
  service: string;
  bytes: Buffer;
}

/** A segment that was not looked into, or one of its blocks that was not read. */
interface Unread {
  segment: Segment;
  block: Block | null;
  minTime: number;
  maxTime: number;
}

/** What one search may cost; then its page ends early, and the next goes on. */
const mostMs = 5_000;
const mostPageBytes = 8 * 1024 * 1024;
/** Read side by side, so that one is looked through while others are decompressed. */
const blocksAtOnce = 4;
const beyond = Number.MAX_SAFE_INTEGER;

/**
 * One search through the store: takes the blocks in the order of their time and stops as soon as no unread one can hold
 * a line that belongs on the page.
 */
export class LogSearch {
  private readonly unread: Unread[];
  private readonly sign: 1 | -1;
  private matches: Match[] = [];
  private matchBytes = 0;
  /** The last line that fits on the page, once it is full. */
  private last: Position | null = null;
  private scannedBytes = 0;

  constructor(
    store: Pick<LogStore, 'services' | 'segments'>,
    private readonly filter: LineFilter,
    private readonly options: SearchOptions,
  ) {
    this.sign = options.direction === 'forward' ? 1 : -1;
    this.unread = store.services
      .filter((service) => filter.wantsService(service))
      .flatMap((service) => store.segments(service))
      .filter((segment) => filter.touches(segment))
      .map((segment) => ({ segment, block: null, minTime: segment.minTime, maxTime: segment.maxTime }));
  }

  async run(): Promise<LogPage> {
    const deadline = performance.now() + mostMs;
    for (;;) {
      this.options.signal?.throwIfAborted();
      const batch = await this.nextBlocks();
      if (batch.length === 0) return this.page(null);
      const read = await Promise.all(batch.map(({ segment, block }) => segment.read(block)));
      for (const [index, { segment, block }] of batch.entries())
        this.take(segment, block, read[index] ?? Buffer.alloc(0));
      if (performance.now() > deadline) return this.page(this.nextEdge());
    }
  }

  /** The blocks that come next, unless the page is full before them. */
  private async nextBlocks(): Promise<{ segment: Segment; block: Block }[]> {
    const batch: { segment: Segment; block: Block }[] = [];
    while (batch.length < blocksAtOnce) {
      const next = this.takeNext();
      if (next === null) break;
      const { segment, block } = next;
      if (block !== null) batch.push({ segment, block });
      else {
        for (const inside of await segment.blocks()) {
          const { minTime, maxTime } = inside;
          if (this.filter.wantsBlock(inside)) this.unread.push({ segment, block: inside, minTime, maxTime });
        }
      }
    }
    return batch;
  }

  /** The edge of what is unread, in the direction of the search: no unread line lies before it. */
  private edgeOf = ({ minTime, maxTime }: Unread): number => (this.sign === 1 ? minTime : maxTime);

  private takeNext(): Unread | null {
    let best = -1;
    for (const [index, candidate] of this.unread.entries()) {
      const current = this.unread[best];
      if (current === undefined || (this.edgeOf(candidate) - this.edgeOf(current)) * this.sign < 0) best = index;
    }
    const next = this.unread[best];
    if (next === undefined) return null;
    if (this.last !== null && (this.edgeOf(next) - this.last.time) * this.sign > 0) return null;
    const end = this.unread.pop();
    if (end !== undefined && end !== next) this.unread[best] = end;
    return next;
  }

  private take(segment: Segment, block: Block, bytes: Buffer): void {
    const { after } = this.options;
    this.scannedBytes += bytes.length;
    this.filter.scan(bytes, (start, end, time) => {
      const position = { time, segment: segment.number, offset: block.offset + start };
      if (after !== null && comparePositions(position, after) * this.sign <= 0) return;
      if (this.last !== null && comparePositions(position, this.last) * this.sign > 0) return;
      // A copy: the rest of the block need not stay in memory.
      this.matches.push({ position, service: segment.service, bytes: Buffer.from(bytes.subarray(start, end)) });
      this.matchBytes += end - start;
      if (this.matches.length >= 2 * this.options.limit || this.matchBytes >= 2 * mostPageBytes) this.trim();
    });
    this.trim();
  }

  /** Keeps what fits on the page. */
  private trim(): void {
    this.matches.sort((a, b) => comparePositions(a.position, b.position) * this.sign);
    let bytes = 0;
    let count = 0;
    for (const match of this.matches) {
      if (count >= this.options.limit || (count > 0 && bytes + match.bytes.length > mostPageBytes)) break;
      bytes += match.bytes.length;
      count += 1;
    }
    if (count < this.matches.length || count === this.options.limit)
      this.last = this.matches[count - 1]?.position ?? null;
    this.matches.length = count;
    this.matchBytes = bytes;
  }

  /** When time is over: all before this was looked through. Null when nothing is unread. */
  private nextEdge(): number | null {
    if (this.unread.length === 0) return null;
    const edges = this.unread.map(this.edgeOf);
    return this.sign === 1 ? Math.min(...edges) : Math.max(...edges);
  }

  private page(edge: number | null): LogPage {
    const isCertain = ({ position }: Match): boolean => edge === null || (position.time - edge) * this.sign < 0;
    const certain = this.matches.filter(isCertain);
    const isFull = this.last !== null && certain.length === this.matches.length;
    const atEdge = (time: number): Position =>
      this.sign === 1 ? { time: time - 1, segment: beyond, offset: beyond } : { time: time + 1, segment: 0, offset: 0 };
    const next = isFull ? this.last : edge === null ? null : atEdge(edge);
    const lines = certain.flatMap(({ position, service, bytes }) => {
      const line = decodeLine(service, bytes);
      return line === null ? [] : [{ ...line, position }];
    });
    return { lines, next, scannedBytes: this.scannedBytes };
  }
}
