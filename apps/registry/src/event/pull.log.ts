import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { CoreClient } from '../core/core.client.js';
import { LOGGER } from '../registry.config.js';
import { shortUserAgent, type RegistryEvent } from './envelope.js';
import { EventOrigin } from './event-origin.js';

const flushEveryMs = 2_000;
/** Events of one request to core: far below what its limit on bodies allows. */
const mostPerRequest = 500;
/** Different pulls that may wait; those beyond are not counted, which is better than to run out of memory. */
const mostWaiting = 20_000;

/** One manifest that someone got. */
export interface Pull {
  projectId: number;
  repositoryId: number;
  artifactId: number;
  repository: string;
  digest: string;
  mediaType: string;
  sizeBytes: number;
  /** Absent when it was pulled by digest. */
  tag: string | undefined;
  username: string;
  request: { id: string; addr: string; host: string; userAgent: string | undefined };
}

/** Counts pulls in memory and tells core every two seconds. A kill loses the last of them, and nothing else. */
@Injectable()
export class PullLog {
  private waiting = new Map<string, RegistryEvent & { count: number }>();
  /** What core has not taken yet. It is sent again as it was, so that core can tell that it has it already. */
  private sending: RegistryEvent[] = [];
  private uncounted = 0;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | null = null;

  constructor(
    @Inject(CoreClient) private readonly core: CoreClient,
    @Inject(EventOrigin) private readonly origin: EventOrigin,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), flushEveryMs);
  }

  /** Tells core what is left, and stops. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
    // The one that was under way has left what came in meanwhile.
    await this.flush();
    const lost = this.sending.length + this.waiting.size;
    if (lost > 0) this.log.warn({ lost }, 'pulls not counted: core could not be reached');
  }

  /** Never waits and never fails. */
  record(pull: Pull): void {
    const key = `${pull.artifactId}\n${pull.tag ?? ''}\n${pull.username}`;
    const known = this.waiting.get(key);
    const timestamp = new Date().toISOString();
    if (known !== undefined) {
      known.count += 1;
      known.timestamp = timestamp;
    } else if (this.waiting.size < mostWaiting) {
      this.waiting.set(key, this.eventOf(pull, timestamp));
    } else {
      this.uncounted += 1;
    }
  }

  private async flush(): Promise<void> {
    this.flushing ??= this.deliver().finally(() => {
      this.flushing = null;
    });
    await this.flushing;
  }

  private async deliver(): Promise<void> {
    if (this.uncounted > 0) this.log.warn({ uncounted: this.uncounted }, 'too many different pulls, some not counted');
    this.uncounted = 0;
    if (this.sending.length === 0) {
      this.sending = [...this.waiting.values()];
      this.waiting = new Map();
    }
    try {
      while (this.sending.length > 0) {
        await this.core.deliverEvents(this.sending.slice(0, mostPerRequest));
        this.sending = this.sending.slice(mostPerRequest);
      }
    } catch (error) {
      this.log.warn({ err: error }, 'pulls not delivered, they are tried again');
    }
  }

  private eventOf(pull: Pull, timestamp: string): RegistryEvent & { count: number } {
    const { projectId, repositoryId, artifactId, repository, digest, request, tag } = pull;
    return {
      id: randomUUID(),
      timestamp,
      action: 'pull',
      target: {
        repository,
        digest,
        url: this.origin.manifestUrl(repository, digest),
        mediaType: pull.mediaType,
        size: pull.sizeBytes,
        ...(tag === undefined ? {} : { tag }),
      },
      request: {
        id: request.id,
        addr: request.addr,
        host: request.host,
        method: 'GET',
        useragent: shortUserAgent(request.userAgent),
      },
      actor: { name: pull.username },
      source: this.origin.source,
      projectId,
      repositoryId,
      artifactId,
      count: 1,
    };
  }
}
