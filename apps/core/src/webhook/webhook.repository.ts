import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '@haven/auth';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, sql, statement, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { selectPage } from '../database/select-page.js';
import type { WebhookTarget, WebhookWishes } from './webhook.schema.js';

/** As it is stored: with an id, and its header encrypted. */
export interface StoredTarget extends WebhookTarget {
  id: string;
}

export interface WebhookRow {
  id: number;
  projectId: number;
  name: string;
  description: string;
  targets: StoredTarget[];
  eventTypes: string[];
  isEnabled: boolean;
  creator: string;
  failingSince: Date | null;
  disabledReason: string;
  creationTime: Date;
  updateTime: Date;
}

export interface LastTriggerRow {
  name: string;
  eventType: string;
  isEnabled: boolean;
  creationTime: Date;
  lastTriggerTime: Date | null;
}

const columns = `policy.id, policy.project_id AS "projectId", policy.name, policy.description, policy.targets,
  policy.event_types AS "eventTypes", policy.enabled AS "isEnabled", policy.creator,
  policy.failing_since AS "failingSince", policy.disabled_reason AS "disabledReason",
  policy.creation_time AS "creationTime", policy.update_time AS "updateTime"`;

const shape: ListShape = {
  fields: {
    id: { column: 'policy.id', type: 'int' },
    name: { column: 'policy.name', type: 'string' },
    enabled: { column: 'policy.enabled', type: 'bool' },
    creation_time: { column: 'policy.creation_time', type: 'time' },
    update_time: { column: 'policy.update_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'policy.id',
};

const interested = statement(
  'webhook_interested',
  `SELECT ${columns} FROM notification_policy policy
    WHERE policy.project_id = ANY($1) AND policy.enabled AND policy.event_types && $2`,
);

@Injectable()
export class WebhookRepository {
  private readonly box: SecretBox;

  constructor(
    @Inject(CORE_CONFIG) config: CoreConfig,
    @Inject(ModelStore) private readonly store: ModelStore,
  ) {
    this.box = new SecretBox(config.secretKey);
  }

  list(projectId: number, query: ListQuery): Promise<PageOf<WebhookRow>> {
    const source = { table: 'notification_policy policy', idColumn: shape.idColumn, columns };
    return selectPage(
      this.store.sql,
      { ...source, where: 'policy.project_id = $1', values: [projectId] },
      buildListSql(query, shape, 2),
    );
  }

  /** The policy, if it is one of this project. */
  find(projectId: number, id: number, db: Sql = this.store.sql): Promise<WebhookRow | null> {
    const text = `SELECT ${columns} FROM notification_policy policy WHERE policy.project_id = $1 AND policy.id = $2::bigint`;
    return db.maybe<WebhookRow>(sql(text, projectId, id));
  }

  /** Enabled policies of these projects that want to hear of one of these types at least. */
  interested(tx: Sql, projectIds: readonly number[], types: readonly string[]): Promise<WebhookRow[]> {
    return tx.rows<WebhookRow>(interested(projectIds, types));
  }

  /** @returns the id; null when the project has a policy of that name, and the transaction is lost */
  async insert(tx: Sql, projectId: number, creator: string, wishes: WebhookWishes): Promise<number | null> {
    const { name, description, eventTypes, isEnabled } = wishes;
    try {
      const row = await tx.one<{ id: number }>(
        sql(
          `INSERT INTO notification_policy (project_id, creator, name, description, targets, event_types, enabled)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
          projectId,
          creator,
          name,
          description,
          JSON.stringify(this.stored(wishes.targets)),
          eventTypes,
          isEnabled,
        ),
      );
      return row.id;
    } catch (error) {
      if (brokenConstraint(error) === 'notification_policy__name') return null;
      throw error;
    }
  }

  /** A policy that is set anew begins anew. @returns false when the name is taken, and the transaction is lost */
  async update(tx: Sql, id: number, wishes: WebhookWishes): Promise<boolean> {
    const { name, description, eventTypes, isEnabled } = wishes;
    try {
      await tx.run(
        sql(
          `UPDATE notification_policy SET name = $2, description = $3, targets = $4, event_types = $5, enabled = $6,
                  failing_since = NULL, failures = 0, disabled_reason = '', update_time = now() WHERE id = $1`,
          id,
          name,
          description,
          JSON.stringify(this.stored(wishes.targets)),
          eventTypes,
          isEnabled,
        ),
      );
      return true;
    } catch (error) {
      if (brokenConstraint(error) === 'notification_policy__name') return false;
      throw error;
    }
  }

  /** With its deliveries; what is under way ends. */
  async remove(tx: Sql, id: number): Promise<void> {
    await tx.run(sql(`DELETE FROM execution WHERE vendor_type IN ('WEBHOOK', 'SLACK') AND vendor_id = $1`, id));
    await tx.run(sql('DELETE FROM notification_policy WHERE id = $1', id));
  }

  lastTriggers(projectId: number): Promise<LastTriggerRow[]> {
    return this.store.sql.rows<LastTriggerRow>(
      sql(
        `SELECT policy.name, type AS "eventType", policy.enabled AS "isEnabled", policy.creation_time AS "creationTime",
                (SELECT start_time FROM execution
                  WHERE vendor_type IN ('WEBHOOK', 'SLACK') AND vendor_id = policy.id AND extra_attrs->>'event_type' = type
                  ORDER BY start_time DESC LIMIT 1) AS "lastTriggerTime"
           FROM notification_policy policy CROSS JOIN unnest(policy.event_types) WITH ORDINALITY AS event (type, place)
          WHERE policy.project_id = $1 ORDER BY policy.creation_time DESC, policy.id, place`,
        projectId,
      ),
    );
  }

  /** What the header of a target says; empty when it has none. */
  authHeader({ authHeader }: StoredTarget): string {
    return authHeader === '' ? '' : this.box.decrypt(authHeader);
  }

  private stored(targets: readonly WebhookTarget[]): StoredTarget[] {
    return targets.map((target) => ({
      id: randomUUID(),
      ...target,
      authHeader: target.authHeader === '' ? '' : this.box.encrypt(target.authHeader),
    }));
  }
}
