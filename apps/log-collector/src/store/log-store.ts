import { statfs } from 'node:fs/promises';
import type { LabelSet } from '../line/label-set.js';
import type { Segment } from './segment.js';
import { ServiceLog, type ServiceLogOptions, type WrittenLines } from './service-log.js';
import { readStoreFolder } from './store-folder.js';

export interface LogStoreOptions {
  root: string;
  segmentBytes: number;
  segmentMs: number;
  orderWindowMs: number;
  maxMessageBytes: number;
  /** Most bytes of lines that wait in memory; beyond, whoever brings more has to wait. */
  memoryBytes: number;
  retentionMs: number;
  /** Most bytes on disk; beyond, the oldest segments go. */
  maxBytes: number;
  /** Bytes that stay free on the disk, for others; the oldest segments go for them. */
  minFreeBytes: number;
  onError(error: unknown, what: string): void;
}

/** How long a line waits for others to be written with it. */
const flushMs = 40;
const tidyMs = 10_000;
/** Between two tries to write to a disk that took no more. */
const retryMs = 500;
/** The lines of further services go to one folder. */
const mostServices = 500;
const overflow = '_other';

/** All log lines of the platform: files by service, and what brings, keeps and removes them. */
export class LogStore {
  private readonly logs = new Map<string, ServiceLog>();
  private readonly listeners = new Set<(written: WrittenLines) => void>();
  private readonly roomWaiters: (() => void)[] = [];
  private readonly toSeal: Segment[] = [];
  private sealing: Promise<void> | null = null;
  private readonly timers: NodeJS.Timeout[] = [];
  private nextNumber = 1;
  private pendingBytes = 0;
  private stuckSince: number | null = null;
  private nextTry = 0;
  /** Since the start. */
  readonly counts = { lines: 0, bytes: 0, segmentsRemoved: 0 };

  private constructor(private readonly options: LogStoreOptions) {}

  /** Opens a store and cleans up after a kill. */
  static async open(options: LogStoreOptions): Promise<LogStore> {
    const store = new LogStore(options);
    const found = await readStoreFolder(options.root);
    const numbers = found.flatMap(({ segments }) => segments.map(({ number }) => number));
    store.nextNumber = 1 + numbers.reduce((most, number) => Math.max(most, number), 0);
    for (const { service, segments, current, full } of found) {
      await store.logOf(service).adopt(segments, current);
      store.toSeal.push(...full);
    }
    store.start();
    return store;
  }

  get isStuck(): boolean {
    return this.stuckSince !== null;
  }

  /** Whether lines that may be dropped should be: whoever can wait uses {@link room}. */
  get isFull(): boolean {
    return this.pendingBytes >= this.options.memoryBytes;
  }

  /** Bytes of lines that wait to be written. */
  get pending(): number {
    return this.pendingBytes;
  }

  get services(): string[] {
    return [...this.logs.keys()].sort();
  }

  segments(service: string): readonly Segment[] {
    return this.logs.get(service)?.segments ?? [];
  }

  /** @param time microseconds since 1970 @param message kept only until this returns */
  append(labels: LabelSet, time: number, message: Buffer): void {
    const bytes = this.logOf(labels.service).append(labels, time, message);
    this.pendingBytes += bytes;
    this.counts.lines += 1;
    this.counts.bytes += bytes;
  }

  /** Resolves when there is room in memory for more. */
  async room(): Promise<void> {
    while (this.isFull) {
      await new Promise<void>((resolve) => {
        this.roomWaiters.push(resolve);
      });
    }
  }

  /** Resolves when all lines that these services took so far are on disk. Rejects when the disk takes no more. */
  async durable(services: Iterable<string>): Promise<void> {
    await Promise.all([...services].map((service) => this.logOf(service).durable()));
  }

  /** Tells of lines when they are written. @returns what ends it */
  listen(listener: (written: WrittenLines) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Writes what waits. Failures are told, and the next call tries again. */
  async flush(): Promise<void> {
    if (Date.now() < this.nextTry) return;
    const waiting = [...this.logs.values()].filter((log) => log.hasWaiting);
    const results = await Promise.allSettled(waiting.map((log) => log.flush()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) {
      this.stuckSince = null;
      return;
    }
    if (this.stuckSince === null) {
      this.stuckSince = Date.now();
      this.options.onError(failed.reason, 'lines cannot be written, it is tried again');
    }
    // What waits, and one file more, so that it does not come to this again at once.
    const wasMadeRoom = await this.removeOld(this.pendingBytes + this.options.segmentBytes);
    this.nextTry = wasMadeRoom ? 0 : Date.now() + retryMs;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.allSettled([...this.logs.values()].map((log) => log.close()));
    await this.sealing;
  }

  /** Bytes on disk, and segments. */
  size(): { bytes: number; segments: number } {
    const all = [...this.logs.values()].flatMap((log) => log.segments);
    return { bytes: all.reduce((sum, { fileBytes }) => sum + fileBytes, 0), segments: all.length };
  }

  /** Ends old segments, compresses full ones, removes what retention takes. */
  async tidy(): Promise<void> {
    const now = Date.now();
    for (const log of this.logs.values()) {
      await log.rotateOld(now);
      for (const segment of log.segments) segment.forget();
    }
    await this.removeOld(0);
    await this.seal();
  }

  /** Compresses what is full, one after the other. */
  seal(): Promise<void> {
    this.sealing ??= this.sealAll().finally(() => {
      this.sealing = null;
    });
    return this.sealing;
  }

  private start(): void {
    const every = (ms: number, work: () => Promise<void>): void => {
      let isBusy = false;
      const timer = setInterval(() => {
        if (isBusy) return;
        isBusy = true;
        work()
          .catch((error: unknown) => {
            this.options.onError(error, 'keeping the files in order failed, it is tried again');
          })
          .finally(() => {
            isBusy = false;
          });
      }, ms);
      this.timers.push(timer);
    };
    every(flushMs, () => this.flush());
    every(tidyMs, () => this.tidy());
  }

  private logOf(service: string): ServiceLog {
    const known = this.logs.get(service);
    if (known !== undefined) return known;
    if (this.logs.size >= mostServices && service !== overflow) return this.logOf(overflow);
    const log = new ServiceLog(this.options.root, service, this.logOptions());
    this.logs.set(service, log);
    return log;
  }

  private logOptions(): ServiceLogOptions {
    return {
      ...this.options,
      nextNumber: () => this.nextNumber++,
      onWritten: (written) => {
        this.pendingBytes -= written.bytes.length;
        if (!this.isFull) for (const resolve of this.roomWaiters.splice(0)) resolve();
        for (const listener of this.listeners) listener(written);
      },
      onFull: (segment) => {
        this.toSeal.push(segment);
        this.seal().catch((error: unknown) => {
          this.options.onError(error, 'a full file was not compressed, it is tried again');
        });
      },
    };
  }

  private async sealAll(): Promise<void> {
    for (let segment = this.toSeal[0]; segment !== undefined; segment = this.toSeal[0]) {
      // Retention may have taken it already, or take it meanwhile.
      const isKept = (): boolean => this.segments(segment.service).includes(segment);
      if (isKept()) await segment.seal();
      if (!isKept()) await segment.remove();
      this.toSeal.shift();
    }
  }

  /**
   * Oldest first: what is past its time, then what there is no room for.
   * @param neededBytes that have to be free
   * @returns whether any was removed
   */
  private async removeOld(neededBytes: number): Promise<boolean> {
    const ended = [...this.logs.values()]
      .flatMap((log) => log.segments.filter((segment) => !log.isOpen(segment)).map((segment) => ({ log, segment })))
      .sort((a, b) => a.segment.maxTime - b.segment.maxTime);
    const oldest = (Date.now() - this.options.retentionMs) * 1_000;
    const free = Math.max(neededBytes, this.options.minFreeBytes);
    let { bytes } = this.size();
    let removed = 0;
    for (const { log, segment } of ended) {
      const isTooOld = segment.maxTime < oldest;
      if (!isTooOld && bytes <= this.options.maxBytes && (await this.freeBytes()) >= free) break;
      bytes -= segment.fileBytes;
      log.segments.splice(log.segments.indexOf(segment), 1);
      await segment.remove();
      removed += 1;
    }
    this.counts.segmentsRemoved += removed;
    return removed > 0;
  }

  private async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.options.root);
    return bavail * bsize;
  }
}
