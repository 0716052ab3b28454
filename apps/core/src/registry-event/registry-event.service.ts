import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { isFirstArrival, recordAudit, sql, statement, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { resumed, type Logger } from '@haven/observability';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { LOGGER } from '../logger.module.js';
import { LiveChannel } from '../operation/live.channel.js';
import { TrafficEvents } from '../traffic/traffic.events.js';
import { EVENT_LISTENERS, type EventListener } from './event-listener.js';
import type { RegistryEvent } from './registry-event.schema.js';

const touchRepository = statement(
  'event_touch_repository',
  'UPDATE repository SET update_time = greatest(update_time, $2) WHERE repository_id = $1',
);
const countPulls = statement(
  'event_count_pulls',
  'UPDATE repository SET pull_count = pull_count + $2 WHERE repository_id = $1',
);
const pullArtifact = statement(
  'event_pull_artifact',
  'UPDATE artifact SET pull_time = greatest(pull_time, $2) WHERE id = $1',
);
const pullTag = statement(
  'event_pull_tag',
  'UPDATE tag SET pull_time = greatest(pull_time, $3) WHERE artifact_id = $1 AND name = $2',
);

const sweepMs = 3_600_000;

/** Takes what the registry reports, at least once each, and counts each once. */
@Injectable()
export class RegistryEventService implements OnModuleInit, OnApplicationShutdown {
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(EVENT_LISTENERS) private readonly listeners: readonly EventListener[],
    @Inject(TrafficEvents) private readonly traffic: TrafficEvents,
    @Inject(LiveChannel) private readonly live: LiveChannel,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    this.sweep = setInterval(() => {
      this.forgetOldArrivals().catch((error: unknown) => {
        this.log.warn({ err: error }, 'old arrivals not forgotten');
      });
    }, sweepMs);
    this.sweep.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.sweep);
  }

  /** Books a batch in one transaction: all of it, or nothing, and then it comes again. */
  async receive(events: readonly RegistryEvent[]): Promise<void> {
    if (events.length === 0) return;
    // In the order of repositories, so that batches of two replicas never wait for each other in a circle.
    const ordered = [...events].sort((a, b) => (a.repositoryId ?? 0) - (b.repositoryId ?? 0));
    const news = await this.store.transaction(async (tx) => {
      const news: RegistryEvent[] = [];
      for (const event of ordered) {
        if (await isFirstArrival(tx, 'core', event.id)) news.push(event);
      }
      for (const event of news) await this.book(tx, event);
      await this.traffic.count(tx, news);
      for (const [trace, events] of Map.groupBy(news, ({ traceparent }) => traceparent))
        await this.tell(tx, events, trace);
      return news;
    });
    if (news.length > 0) this.live.tell({ kind: 'events', events: news });
  }

  /** What listeners start belongs to the request that made the change. */
  private async tell(tx: Sql, events: readonly RegistryEvent[], trace: string | undefined): Promise<void> {
    const tellAll = async (): Promise<void> => {
      for (const listener of this.listeners) await listener.on(tx, events);
    };
    await (trace === undefined ? tellAll() : resumed(trace, 'registry event', {}, tellAll));
  }

  /** A delivery is repeated for minutes at the most; a week is plenty. */
  private async forgetOldArrivals(): Promise<void> {
    await this.store.sql.run(sql("DELETE FROM inbox WHERE creation_time < now() - interval '7 days'"));
  }

  private async book(tx: Sql, event: RegistryEvent): Promise<void> {
    const { repositoryId, artifactId, timestamp, target } = event;
    if (repositoryId === undefined || event.action === 'refuse') return;
    if (event.action !== 'pull') {
      // Kept off the push itself: one repository's pushes would all wait for this row.
      await tx.run(touchRepository(repositoryId, timestamp));
      return;
    }
    if (!this.configuration.value('pull_count_update_disable')) await tx.run(countPulls(repositoryId, event.count));
    if (artifactId !== undefined && !this.configuration.value('pull_time_update_disable')) {
      await tx.run(pullArtifact(artifactId, timestamp));
      if (target.tag !== undefined) await tx.run(pullTag(artifactId, target.tag, timestamp));
    }
    const reference = target.tag === undefined ? `@${target.digest ?? ''}` : `:${target.tag}`;
    await recordAudit(tx, {
      projectId: event.projectId ?? 0,
      operation: 'pull',
      resourceType: 'artifact',
      resource: `${target.repository}${reference}`,
      username: event.actor?.name ?? '',
      sourceIp: event.request?.addr ?? '',
      ...(event.count === 1
        ? {}
        : { description: `pull artifact: ${target.repository}${reference}, ${event.count} times` }),
    });
  }
}
