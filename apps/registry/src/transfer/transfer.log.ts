import { Inject, Injectable } from '@nestjs/common';
import { CoreClient } from '../core/core.client.js';
import { EventOrigin } from '../event/event-origin.js';
import { Periodic } from '../background/periodic.js';

const tellEveryMs = 1_000;
/** What is over sooner, and smaller, nobody could watch. */
const shortMs = 1_000;
const largeBytes = 4 * 1024 * 1024;
/** A client that sends an upload in pieces is between two of them for a moment. */
const pauseMs = 5_000;
/** One message to core holds no more than this. */
const mostTold = 500;

/** Who moves what. */
export interface TransferFacts {
  id: string;
  kind: 'push' | 'pull';
  projectId: number;
  repository: string;
  digest?: string;
  /** Empty for anonymous. */
  username: string;
  address: string;
}

/** How far it is. */
export interface TransferProgress {
  /** So far, of the whole blob. */
  bytes(): number;
  /** Null while it is not known. */
  totalBytes: number | null;
}

interface Entry {
  facts: TransferFacts;
  progress: TransferProgress;
  startedAt: number;
  /** Null while it runs. */
  pausedAt: number | null;
  toldBytes: number;
  toldAt: number;
}

/**
 * The pushes and pulls that run at this moment. Core is told of them every second, as long as there are any that last. A
 * message that does not come through is not sent again: the next one says more.
 */
@Injectable()
export class TransferLog {
  private readonly entries = new Map<string, Entry>();
  /** Pulls that nginx sends, not told yet. */
  private handedOver: (TransferFacts & { startTime: string; totalBytes: number })[] = [];
  /** With all their bytes; not told yet. */
  private over: { id: string; bytes: number }[] = [];
  private wasTold = false;
  private readonly telling = new Periodic({
    everyMs: tellEveryMs,
    work: () => this.tell(Date.now()),
    // Core is away: everything else says so already.
    onError: () => undefined,
  });

  constructor(
    @Inject(CoreClient) private readonly core: CoreClient,
    @Inject(EventOrigin) private readonly origin: EventOrigin,
  ) {}

  start(): void {
    this.telling.start();
  }

  async stop(): Promise<void> {
    await this.telling.stop();
    this.entries.clear();
    await this.tell(Date.now()).catch(() => undefined);
  }

  /** Something begins, or goes on after a pause. */
  begin(facts: TransferFacts, progress: TransferProgress): void {
    const now = Date.now();
    const begun = this.entries.get(facts.id) ?? { startedAt: now, toldBytes: progress.bytes(), toldAt: now };
    this.entries.set(facts.id, { ...begun, facts, progress, pausedAt: null });
  }

  /** The rest may come with another request. */
  pause(id: string): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.pausedAt = Date.now();
  }

  end(id: string): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    if (isLasting(entry, Date.now()) && this.over.length < mostTold) {
      this.over.push({ id, bytes: entry.progress.bytes() });
    }
    this.entries.delete(id);
  }

  /** nginx sends it from now on, and its log says when that is over. @param facts asked for only of what is large */
  handOver(totalBytes: number, facts: () => TransferFacts): void {
    if (totalBytes < largeBytes || this.handedOver.length >= mostTold) return;
    this.handedOver.push({ ...facts(), startTime: new Date().toISOString(), totalBytes });
  }

  private async tell(now: number): Promise<void> {
    const transfers: object[] = [];
    for (const [id, entry] of this.entries) {
      if (entry.pausedAt !== null && now - entry.pausedAt > pauseMs) this.entries.delete(id);
      else if (transfers.length < mostTold && isLasting(entry, now)) transfers.push(told(entry, now));
    }
    const started = this.handedOver;
    this.handedOver = [];
    if (started.length > 0) await this.core.tellTransfers({ kind: 'started', transfers: started });
    const { over } = this;
    this.over = [];
    if (over.length > 0) await this.core.tellTransfers({ kind: 'ended', transfers: over });
    if (transfers.length === 0 && !this.wasTold) return;
    await this.core.tellTransfers({ kind: 'running', source: this.origin.source.instanceID, transfers });
    this.wasTold = transfers.length > 0;
  }
}

const isLasting = ({ startedAt, progress }: Entry, now: number): boolean =>
  now - startedAt >= shortMs || progress.bytes() >= largeBytes;

/** What core is told of a transfer, with how fast it went since it was told last. */
function told(entry: Entry, now: number): object {
  const { facts, progress, startedAt, toldBytes, toldAt } = entry;
  const { totalBytes } = progress;
  const bytes = progress.bytes();
  const bytesPerSecond = Math.max(Math.round(((bytes - toldBytes) * 1_000) / Math.max(now - toldAt, 1)), 0);
  entry.toldBytes = bytes;
  entry.toldAt = now;
  return {
    ...facts,
    startTime: new Date(startedAt).toISOString(),
    bytes,
    bytesPerSecond,
    ...(totalBytes === null ? {} : { totalBytes }),
  };
}
