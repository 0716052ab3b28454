import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { isFirstArrival, OutboxRelay, sql, type OutboxRow, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { carriedTrace, resumed, type Logger } from '@haven/observability';
import { z } from 'zod';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { replicationEvent, type EndedReplication } from './replication-ended.js';
import { retentionEvent, type EndedRetention } from './retention-ended.js';
import type { WebhookEvent } from './webhook-event.js';
import { WebhookDispatcher } from './webhook.dispatcher.js';

const consumer = 'core-jobs';
const ended = z.object({ executionId: z.number(), vendorType: z.string() });
/** Of an execution with more tasks, these are told of. */
const mostTasks = 1_000;

const endedReplications = `
  SELECT task.execution_id AS "executionId", task.id AS "taskId", project.project_id AS "projectId", task.status,
         task.status_message AS "statusMessage", task.parameters->>'source' AS source,
         task.parameters->>'target' AS target, task.parameters->>'operation' AS operation,
         ARRAY(SELECT coalesce(tag.name, artifact->>'digest') FROM jsonb_array_elements(task.parameters->'artifacts') AS artifact
                 LEFT JOIN LATERAL jsonb_array_elements_text(artifact->'tags') AS tag (name) ON true LIMIT 100) AS references,
         execution.trigger, task.update_time AS "endedAt",
         jsonb_build_object('creator', policy.creator, 'description', policy.description, 'overrides', policy.override,
                            'isPull', policy.src_registry_id IS NOT NULL) AS policy,
         jsonb_build_object('name', registry.name, 'type', registry.type, 'url', registry.url) AS registry
    FROM task JOIN execution ON execution.id = task.execution_id
    JOIN replication_policy policy ON policy.id = execution.vendor_id
    JOIN registry ON registry.id = coalesce(policy.src_registry_id, policy.dest_registry_id)
    JOIN project ON project.name = split_part(
           CASE WHEN policy.src_registry_id IS NULL THEN task.parameters->>'source' ELSE task.parameters->>'target' END, '/', 1)
   WHERE task.execution_id = $1 AND task.vendor_type = 'REPLICATION' AND NOT project.deleted
   ORDER BY task.id LIMIT ${mostTasks}`;

/** Of runs that deleted something, and were not dry. */
const endedRetentions = `
  SELECT project.project_id AS "projectId", project.name AS project, policy.id AS "policyId",
         coalesce(execution.extra_attrs->>'operator', '') AS operator, task.status, task.update_time AS "endedAt",
         (task.extra_attrs->>'total')::integer AS total, (task.extra_attrs->>'retained')::integer AS retained, policy.rules,
         deleted.names AS deleted
    FROM task JOIN execution ON execution.id = task.execution_id
    JOIN retention_policy policy ON policy.id = execution.vendor_id
    JOIN project ON project.project_id = policy.project_id AND NOT project.deleted
    CROSS JOIN LATERAL (
         SELECT array_agg(repository || CASE WHEN tags = '{}' THEN '@' || digest ELSE ':' || tags[1] END) AS names
           FROM (SELECT repository, tags, digest FROM retention_plan
                  WHERE execution_id = task.execution_id AND repository = task.parameters->>'repository'
                    AND outcome = 'deleted' ORDER BY digest LIMIT ${mostTasks}) AS line) AS deleted
   WHERE task.execution_id = $1 AND task.vendor_type = 'RETENTION' AND deleted.names IS NOT NULL
   ORDER BY task.id LIMIT ${mostTasks}`;

/** Takes the ends of executions, at least once each, and tells webhooks of them once. */
@Injectable()
export class ExecutionEndedService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly relay: OutboxRelay;
  private readonly host: string;

  constructor(
    @Inject(CORE_CONFIG) config: CoreConfig,
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(WebhookDispatcher) private readonly dispatcher: WebhookDispatcher,
    @Inject(LOGGER) log: Logger,
  ) {
    this.host = new URL(config.externalUrl).host;
    this.relay = new OutboxRelay(store.sql, {
      consumer,
      deliver: (rows) => this.deliver(rows),
      onError: (error) => {
        log.warn({ err: error }, 'ends of executions not taken, they are tried again');
      },
    });
  }

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }

  private async deliver(rows: readonly OutboxRow[]): Promise<void> {
    for (const row of rows) {
      const parsed = ended.safeParse(row.payload);
      if (!parsed.success) continue;
      const { executionId, vendorType } = parsed.data;
      await resumed(carriedTrace(row.payload), 'execution ended', {}, () =>
        this.store.transaction(async (tx) => {
          if (!(await isFirstArrival(tx, consumer, row.eventId))) return;
          await this.dispatcher.dispatch(tx, await this.eventsOf(tx, vendorType, executionId));
        }),
      );
    }
  }

  private async eventsOf(tx: Sql, vendorType: string, executionId: number): Promise<WebhookEvent[]> {
    if (vendorType === 'RETENTION') {
      const ended = await tx.rows<EndedRetention>(sql(endedRetentions, executionId));
      return ended.map((retention) => retentionEvent(retention, this.host));
    }
    const ended = await tx.rows<EndedReplication>(sql(endedReplications, executionId));
    return ended.map((replication) => replicationEvent(replication, this.host));
  }
}
