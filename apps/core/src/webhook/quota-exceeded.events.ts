import { Inject, Injectable } from '@nestjs/common';
import { statement, type Sql } from '@haven/models';
import type { EventListener } from '../registry-event/event-listener.js';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import { quotaEvent, type QuotaProject } from './quota-event.js';
import { WebhookDispatcher } from './webhook.dispatcher.js';

const projectsOf = statement(
  'webhook_quota_projects',
  `SELECT project_id AS "projectId", name,
          EXISTS (SELECT 1 FROM project_metadata metadata WHERE metadata.project_id = project.project_id
                     AND metadata.name = 'public' AND metadata.value = 'true') AS "isPublic"
     FROM project WHERE project_id = ANY($1)`,
);

/** Tells webhooks of pushes that a full project has refused. */
@Injectable()
export class QuotaExceededEvents implements EventListener {
  constructor(@Inject(WebhookDispatcher) private readonly dispatcher: WebhookDispatcher) {}

  async on(tx: Sql, events: readonly RegistryEvent[]): Promise<void> {
    const refused = events.filter(({ action }) => action === 'refuse');
    if (refused.length === 0) return;
    const ids = [...new Set(refused.flatMap(({ projectId }) => projectId ?? []))];
    const listening = await this.dispatcher.projectsThatListen(tx, ids, ['QUOTA_EXCEED']);
    if (listening.length === 0) return;
    const projects = await tx.rows<QuotaProject>(projectsOf(listening));
    const told = refused.flatMap((push) => {
      const project = projects.find(({ projectId }) => projectId === push.projectId);
      return project === undefined ? [] : [quotaEvent('QUOTA_EXCEED', push, project, push.reason ?? '')];
    });
    await this.dispatcher.dispatch(tx, told);
  }
}
