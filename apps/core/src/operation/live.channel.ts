import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { readPlatformId } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { Logger } from '@haven/observability';
import type { Redis } from 'ioredis';
import { LOGGER } from '../logger.module.js';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import { REDIS } from '../session/redis.module.js';
import type { TransferNews } from './transfer.schema.js';

/** What happens at this moment. */
export type News = TransferNews | { kind: 'events'; events: readonly RegistryEvent[] };

type Hearer = (news: News) => void;

/**
 * What one replica of core is told, all of them hear: through Redis, which promises nothing and needs not. While it is
 * away each hears what it is told itself.
 */
@Injectable()
export class LiveChannel implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly own = randomUUID();
  private readonly hearers = new Set<Hearer>();
  private subscriber: Redis | null = null;
  private name = '';

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Several platforms may share a Redis, and what is published in one of its databases is heard in all.
    this.name = `haven:live:${await readPlatformId(this.store.sql)}`;
    const subscriber = this.redis.duplicate({ autoResubscribe: false });
    this.subscriber = subscriber;
    // The other connection says when Redis is away.
    subscriber.on('error', () => undefined);
    subscriber.on('ready', () => {
      subscriber.subscribe(this.name).catch((error: unknown) => {
        this.log.warn({ err: error }, 'what other replicas are told is not heard');
      });
    });
    subscriber.on('message', (_channel: string, text: string) => {
      this.take(text);
    });
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
  }

  /** Whoever is told what happens, here or at another replica. */
  listen(hearer: Hearer): void {
    this.hearers.add(hearer);
  }

  /** Never waits and never fails. */
  tell(news: News): void {
    this.hear(news);
    if (this.redis.status !== 'ready' || this.name === '') return;
    this.redis.publish(this.name, JSON.stringify({ from: this.own, news })).catch(() => undefined);
  }

  private take(text: string): void {
    const { from, news } = JSON.parse(text) as { from: string; news: News };
    if (from !== this.own) this.hear(news);
  }

  private hear(news: News): void {
    for (const hearer of this.hearers) hearer(news);
  }
}
