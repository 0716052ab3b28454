import { Inject, Injectable } from '@nestjs/common';
import { formatBytes, statement, type Sql } from '@haven/models';
import type { EventListener } from '../registry-event/event-listener.js';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import { quotaEvent, type QuotaProject } from './quota-event.js';
import { WebhookDispatcher } from './webhook.dispatcher.js';

/** Harbor's mark: so much of the limit may be used before anybody is warned. */
const warningPercent = 85;

interface FullProject extends QuotaProject {
  usedBytes: number;
  hardBytes: number;
}

/** Those of the projects whose limit counts and is nearly used up. */
const fullProjects = statement(
  'webhook_full_projects',
  `SELECT project_id AS "projectId", project.name, hard_bytes AS "hardBytes", used AS "usedBytes",
          EXISTS (SELECT 1 FROM project_metadata metadata WHERE metadata.project_id = project.project_id
                     AND metadata.name = 'public' AND metadata.value = 'true') AS "isPublic"
     FROM project JOIN quota USING (project_id)
    CROSS JOIN LATERAL (
          SELECT (coalesce((SELECT used_bytes FROM quota_usage WHERE quota_usage.project_id = project.project_id), 0)
                + coalesce((SELECT sum(bytes) FROM quota_delta WHERE quota_delta.project_id = project.project_id), 0))::bigint
                 AS used) AS charged
    WHERE project_id = ANY($1) AND hard_bytes > 0 AND used >= hard_bytes * $2::numeric / 100
      AND NOT EXISTS (SELECT 1 FROM properties WHERE k = 'quota_per_project_enable' AND v = 'false')`,
);

/** Tells webhooks of pushes into projects that are nearly full. */
@Injectable()
export class QuotaWarningEvents implements EventListener {
  constructor(@Inject(WebhookDispatcher) private readonly dispatcher: WebhookDispatcher) {}

  async on(tx: Sql, events: readonly RegistryEvent[]): Promise<void> {
    const pushes = events.flatMap(({ projectId, ...event }) =>
      event.action === 'push' && projectId !== undefined ? [{ ...event, projectId }] : [],
    );
    if (pushes.length === 0) return;
    const ids = [...new Set(pushes.map(({ projectId }) => projectId))];
    const listening = await this.dispatcher.projectsThatListen(tx, ids, ['QUOTA_WARNING']);
    if (listening.length === 0) return;
    const full = await tx.rows<FullProject>(fullProjects(listening, warningPercent));
    const warnings = pushes.flatMap((push) => {
      const project = full.find(({ projectId }) => projectId === push.projectId);
      return project === undefined ? [] : [quotaEvent('QUOTA_WARNING', push, project, detailsOf(project))];
    });
    await this.dispatcher.dispatch(tx, warnings);
  }
}

const detailsOf = ({ usedBytes, hardBytes }: FullProject): string =>
  `quota usage reach ${warningPercent}%: resource storage used ${formatBytes(usedBytes)} of ${formatBytes(hardBytes)}`;
