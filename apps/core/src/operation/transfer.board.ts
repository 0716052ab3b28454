import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LiveChannel, type News } from './live.channel.js';
import type { EndedTransfer, Transfer } from './transfer.schema.js';

/** `lost`: nobody has told of it for too long. */
export type TransferState = 'running' | 'ended' | 'lost';

export interface SeenTransfer extends Transfer {
  state: TransferState;
}

interface Entry {
  transfer: Transfer;
  /** The process that keeps telling of it; null for a pull that nginx sends. */
  source: string | null;
  /** In milliseconds since 1970. */
  goodUntil: number;
}

/** The registry tells every second. */
const runningMs = 5_000;
/** A pull by nginx whose end is never told counts as over when a slow line would be through with it. */
const slowBytesPerMs = 1_048;
const shortestPullMs = 15_000;
const longestPullMs = 3_600_000;
/** An end may be told before its beginning. */
const endedMs = 10_000;
const sweepMs = 1_000;
const mostShown = 10_000;

/** The pushes and pulls that run at this moment, in memory: what is told again each second needs no store. */
@Injectable()
export class TransferBoard implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly entries = new Map<string, Entry>();
  private readonly endedEarly = new Map<string, number>();
  private readonly watchers = new Set<(transfer: SeenTransfer) => void>();
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(LiveChannel) private readonly channel: LiveChannel) {}

  onApplicationBootstrap(): void {
    this.channel.listen((news) => {
      this.hear(news);
    });
    this.timer = setInterval(() => {
      this.sweep(Date.now());
    }, sweepMs);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Oldest first. */
  get running(): Transfer[] {
    return [...this.entries.values()]
      .map(({ transfer }) => transfer)
      .sort((a, b) => Date.parse(a.startTime) - Date.parse(b.startTime) || (a.id < b.id ? -1 : 1));
  }

  /** Told of each change. */
  watch(watcher: (transfer: SeenTransfer) => void): void {
    this.watchers.add(watcher);
  }

  private hear(news: News): void {
    if (news.kind === 'running') this.replace(news.source, news.transfers);
    else if (news.kind === 'started') for (const transfer of news.transfers) this.start(transfer);
    else if (news.kind === 'ended') for (const transfer of news.transfers) this.end(transfer);
  }

  private replace(source: string, transfers: readonly Transfer[]): void {
    const ids = new Set(transfers.map(({ id }) => id));
    for (const [id, entry] of this.entries) {
      if (entry.source === source && !ids.has(id)) this.remove(id, entry.transfer, 'ended');
    }
    for (const transfer of transfers) this.show({ transfer, source, goodUntil: Date.now() + runningMs });
  }

  private start(transfer: Transfer): void {
    if (this.endedEarly.delete(transfer.id)) return;
    const expectedMs = (transfer.totalBytes ?? 0) / slowBytesPerMs;
    const forMs = Math.min(Math.max(expectedMs, shortestPullMs), longestPullMs);
    this.show({ transfer, source: null, goodUntil: Date.now() + forMs });
  }

  private end({ id, bytes }: EndedTransfer): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) this.remove(id, { ...entry.transfer, bytes }, 'ended');
    else if (this.endedEarly.size < mostShown) this.endedEarly.set(id, Date.now() + endedMs);
  }

  private show(entry: Entry): void {
    const { transfer } = entry;
    if (this.entries.size >= mostShown && !this.entries.has(transfer.id)) return;
    this.entries.set(transfer.id, entry);
    this.tell(transfer, 'running');
  }

  private remove(id: string, transfer: Transfer, state: TransferState): void {
    this.entries.delete(id);
    this.tell(transfer, state);
  }

  private tell(transfer: Transfer, state: TransferState): void {
    for (const watcher of this.watchers) watcher({ ...transfer, state });
  }

  private sweep(now: number): void {
    for (const [id, { transfer, goodUntil }] of this.entries) if (goodUntil < now) this.remove(id, transfer, 'lost');
    for (const [id, goodUntil] of this.endedEarly) if (goodUntil < now) this.endedEarly.delete(id);
  }
}
