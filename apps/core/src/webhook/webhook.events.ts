import { Inject, Injectable } from '@nestjs/common';
import { sql, type Sql } from '@haven/models';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import type { EventListener } from '../registry-event/event-listener.js';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import type { WebhookEvent, WebhookEventType } from './webhook-event.js';
import { WebhookDispatcher } from './webhook.dispatcher.js';

interface Place {
  projectId: number;
  project: string;
  isPublic: boolean;
  repositories: Record<string, number>;
}

const places = `
  SELECT project.project_id AS "projectId", project.name AS project,
         EXISTS (SELECT 1 FROM project_metadata metadata WHERE metadata.project_id = project.project_id
                    AND metadata.name = 'public' AND metadata.value = 'true') AS "isPublic",
         (SELECT coalesce(jsonb_object_agg(repository.name, floor(extract(epoch FROM repository.creation_time))::bigint), '{}')
            FROM repository WHERE repository.project_id = project.project_id AND repository.name = ANY($2)) AS repositories
    FROM project WHERE project.project_id = ANY($1)`;

/** Tells webhooks of artifacts that are pushed, pulled and deleted. */
@Injectable()
export class WebhookEvents implements EventListener {
  private readonly host: string;

  constructor(
    @Inject(CORE_CONFIG) config: CoreConfig,
    @Inject(WebhookDispatcher) private readonly dispatcher: WebhookDispatcher,
  ) {
    this.host = new URL(config.externalUrl).host;
  }

  async on(tx: Sql, events: readonly RegistryEvent[]): Promise<void> {
    const meant = events.flatMap((event) => {
      const type = typeOf(event);
      return type === null || event.projectId === undefined ? [] : [{ type, event, projectId: event.projectId }];
    });
    const projects = await this.interestedProjects(tx, meant);
    const wanted = meant.filter(({ projectId }) => projects.includes(projectId));
    if (wanted.length === 0) return;
    const names = [...new Set(wanted.map(({ event }) => event.target.repository))];
    const found = await tx.rows<Place>(sql(places, projects, names));
    const told = wanted.flatMap(({ type, event, projectId }) => {
      const place = found.find((candidate) => candidate.projectId === projectId);
      return place === undefined ? [] : [this.toWebhookEvent(type, event, place)];
    });
    await this.dispatcher.dispatch(tx, told);
  }

  private async interestedProjects(
    tx: Sql,
    meant: readonly { type: WebhookEventType; projectId: number }[],
  ): Promise<number[]> {
    if (meant.length === 0) return [];
    const ids = [...new Set(meant.map(({ projectId }) => projectId))];
    const types = [...new Set(meant.map(({ type }) => type))];
    return this.dispatcher.projectsThatListen(tx, ids, types);
  }

  private toWebhookEvent(type: WebhookEventType, event: RegistryEvent, place: Place): WebhookEvent {
    const { repository, digest = '', tag } = event.target;
    const reference = tag ?? event.tags[0] ?? digest;
    const created = place.repositories[repository];
    return {
      type,
      projectId: place.projectId,
      occurredAt: Math.floor(new Date(event.timestamp).getTime() / 1_000),
      operator: event.actor?.name ?? '',
      requestId: event.request?.id ?? '',
      data: {
        resources: [
          {
            digest,
            tag: reference,
            resource_url: `${this.host}/${repository}${reference === digest ? '@' : ':'}${reference}`,
          },
        ],
        repository: {
          ...(created === undefined ? {} : { date_created: created }),
          name: repository.slice(place.project.length + 1),
          namespace: place.project,
          repo_full_name: repository,
          repo_type: place.isPublic ? 'public' : 'private',
        },
      },
    };
  }
}

/** Harbor tells nothing of tags that are deleted alone. */
function typeOf({ action, target }: RegistryEvent): WebhookEventType | null {
  if (action === 'push') return 'PUSH_ARTIFACT';
  if (action === 'pull') return 'PULL_ARTIFACT';
  return action === 'delete' && target.tag === undefined ? 'DELETE_ARTIFACT' : null;
}
