import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelSet } from '../line/label-set.js';
import { earliest, latest, noMarks, type LineMarks } from '../line/log-line.js';
import { fullBytes, LineBuffer } from './line-buffer.js';
import { Segment } from './segment.js';

/** What all services of a store have in common. */
export interface ServiceLogOptions {
  /** A segment that has grown so large, or so old, is followed by another. */
  segmentBytes: number;
  segmentMs: number;
  /** How far a line may lie behind the newest, or ahead of the clock, and still be filed under its own time. */
  orderWindowMs: number;
  maxMessageBytes: number;
  nextNumber(): number;
  /** Told of lines when they are in the file. */
  onWritten(written: WrittenLines): void;
  /** Told of a segment that nothing is written to any more. */
  onFull(segment: Segment): void;
}

/** Lines that were just written. */
export interface WrittenLines {
  service: string;
  segment: number;
  /** Of the first line, in bytes from the start of the segment. */
  offset: number;
  bytes: Buffer;
}

interface Waiter {
  /** How many bytes have to be on disk. */
  position: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** The lines of one service: taken into memory at once, written in batches, one segment after the other. */
export class ServiceLog {
  readonly segments: Segment[] = [];
  private readonly folder: string;
  private buffer = new LineBuffer();
  private readonly queue: LineBuffer[] = [];
  private readonly waiters: Waiter[] = [];
  private appended = 0;
  private written = 0;
  private newestTime = 0;
  private open: { segment: Segment; file: FileHandle } | null = null;
  private writing: Promise<void> | null = null;

  constructor(
    root: string,
    readonly service: string,
    private readonly options: ServiceLogOptions,
  ) {
    this.folder = join(root, service);
  }

  /** Goes on with what an earlier process left. @param current the segment that still grows */
  async adopt(segments: readonly Segment[], current: Segment | null): Promise<void> {
    this.segments.push(...segments);
    this.newestTime = Math.max(0, ...segments.map(({ maxTime }) => maxTime));
    if (current !== null) this.open = { segment: current, file: await open(current.plainPath, 'r+') };
  }

  isOpen(segment: Segment): boolean {
    return this.open?.segment === segment;
  }

  get hasWaiting(): boolean {
    return this.buffer.length > 0 || this.queue.length > 0;
  }

  /**
   * Takes a line; see {@link flush} for when it is in the file.
   * @param time microseconds since 1970
   * @returns bytes that it takes
   */
  append(labels: LabelSet, time: number, message: Buffer): number {
    const { maxMessageBytes } = this.options;
    const isTruncated = message.length > maxMessageBytes;
    const filedTime = this.filedTime(time);
    const marks: LineMarks =
      isTruncated || filedTime !== time ? { isTruncated, claimedTime: filedTime === time ? null : time } : noMarks;
    const kept = isTruncated ? message.subarray(0, maxMessageBytes) : message;
    const bytes = this.buffer.add(labels, filedTime, kept, marks);
    this.appended += bytes;
    if (this.buffer.length >= fullBytes) {
      this.queueBuffer();
      this.flush().catch(() => undefined);
    }
    return bytes;
  }

  /** Writes what is waiting. Rejects when the disk takes no more; the lines stay, and the next call tries again. */
  flush(): Promise<void> {
    return this.alone(() => this.writeAll());
  }

  /** Resolves when all lines taken so far are on disk, even for a power cut. One sync serves all who wait. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ position: this.appended, resolve, reject });
      this.flush().catch(() => undefined);
    });
  }

  /** Ends the open segment when it is old, so that it is compressed, and can be taken by retention. */
  async rotateOld(now: number): Promise<void> {
    const { open: current } = this;
    if (current === null || now - current.segment.startedAt < this.options.segmentMs) return;
    await this.alone(() => this.endSegment());
  }

  async close(): Promise<void> {
    try {
      await this.flush();
      await this.open?.file.datasync();
    } finally {
      await this.open?.file.close();
      this.open = null;
    }
  }

  /** The line's own time, or that of its coming when its own is out of all order. */
  private filedTime(time: number): number {
    const window = this.options.orderWindowMs * 1_000;
    const now = Date.now() * 1_000;
    const isInOrder = time >= earliest && time <= latest && time >= this.newestTime - window && time <= now + window;
    if (!isInOrder) return now;
    if (time > this.newestTime) this.newestTime = time;
    return time;
  }

  /** Joins the work on the file that is under way, or begins this one. */
  private alone(work: () => Promise<void>): Promise<void> {
    this.writing ??= Promise.resolve()
      .then(work)
      .finally(() => {
        this.writing = null;
        // Who came while the last of it was being done.
        if (this.waiters.length > 0) this.flush().catch(() => undefined);
      });
    return this.writing;
  }

  private queueBuffer(): void {
    this.queue.push(this.buffer);
    this.buffer = new LineBuffer();
  }

  private async writeAll(): Promise<void> {
    try {
      for (;;) {
        if (this.queue.length === 0 && this.buffer.length > 0) this.queueBuffer();
        const [first] = this.queue;
        if (first === undefined) break;
        await this.write(first);
        this.queue.shift();
        await this.settle();
        if ((this.open?.segment.plainBytes ?? 0) >= this.options.segmentBytes) await this.endSegment();
      }
      await this.settle();
    } catch (error) {
      for (const waiter of this.waiters.splice(0)) waiter.reject(error);
      throw error;
    }
  }

  /** At a fixed place: what a full disk cut off half way is written over by the next try. */
  private async write(lines: LineBuffer): Promise<void> {
    const { segment, file } = (this.open ??= await this.startSegment());
    const { bytes, summary } = lines;
    const offset = segment.plainBytes;
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
    segment.grow(summary);
    this.written += bytes.length;
    this.options.onWritten({ service: this.service, segment: segment.number, offset, bytes });
  }

  private async settle(): Promise<void> {
    if (!this.waiters.some(({ position }) => position <= this.written)) return;
    const { written } = this;
    await this.open?.file.datasync();
    const settled = this.waiters.filter(({ position }) => position <= written);
    this.waiters.splice(0, this.waiters.length, ...this.waiters.filter(({ position }) => position > written));
    for (const waiter of settled) waiter.resolve();
  }

  private async startSegment(): Promise<{ segment: Segment; file: FileHandle }> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const segment = new Segment(this.folder, this.service, this.options.nextNumber());
    const file = await open(segment.plainPath, 'w', 0o600);
    this.segments.push(segment);
    return { segment, file };
  }

  private async endSegment(): Promise<void> {
    const ended = this.open;
    if (ended === null) return;
    await ended.file.datasync();
    this.open = null;
    await ended.file.close();
    this.options.onFull(ended.segment);
  }
}
