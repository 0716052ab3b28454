import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, sql, type RetentionRule, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { RetentionWishes } from './retention.schema.js';

export interface RetentionRow {
  id: number;
  projectId: number;
  rules: RetentionRule[];
  triggerKind: string;
  cron: string;
  nextRunTime: Date | null;
}

/** What a run means to do with an artifact, and what became of it. */
export interface PlanRow {
  repository: string;
  digest: string;
  tags: string[];
  pushTime: Date;
  pullTime: Date | null;
  fate: string;
  rule: number | null;
  outcome: string;
}

const planShape: ListShape = {
  fields: {
    repository: { column: 'plan.repository', type: 'string' },
    digest: { column: 'plan.digest', type: 'string' },
    fate: { column: 'plan.fate', type: 'string' },
    push_time: { column: 'plan.push_time', type: 'time' },
  },
  defaultSort: 'repository,-push_time',
  idColumn: 'plan.id',
};

@Injectable()
export class RetentionRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  find(id: number, db: Sql = this.store.sql): Promise<RetentionRow | null> {
    return db.maybe<RetentionRow>(
      sql(
        `SELECT policy.id, policy.project_id AS "projectId", policy.rules, policy.trigger_kind AS "triggerKind",
                policy.cron, schedule.next_run_at AS "nextRunTime"
           FROM retention_policy policy
           LEFT JOIN schedule ON schedule.vendor_type = 'RETENTION' AND schedule.vendor_id = policy.id
          WHERE policy.id = $1::bigint`,
        id,
      ),
    );
  }

  /** @returns the id; null when the project has a policy, and the transaction is lost */
  async insert(tx: Sql, { projectId, rules, triggerKind, cron }: RetentionWishes): Promise<number | null> {
    try {
      const row = await tx.one<{ id: number }>(
        sql(
          'INSERT INTO retention_policy (project_id, rules, trigger_kind, cron) VALUES ($1, $2, $3, $4) RETURNING id',
          projectId,
          JSON.stringify(rules),
          triggerKind,
          cron,
        ),
      );
      return row.id;
    } catch (error) {
      if (brokenConstraint(error) === 'retention_policy__project') return null;
      throw error;
    }
  }

  async update(tx: Sql, id: number, { rules, triggerKind, cron }: RetentionWishes): Promise<void> {
    await tx.run(
      sql(
        'UPDATE retention_policy SET rules = $2, trigger_kind = $3, cron = $4, update_time = now() WHERE id = $1',
        id,
        JSON.stringify(rules),
        triggerKind,
        cron,
      ),
    );
  }

  /** With its runs. */
  async remove(tx: Sql, id: number): Promise<void> {
    await tx.run(sql(`DELETE FROM execution WHERE vendor_type = 'RETENTION' AND vendor_id = $1`, id));
    await tx.run(sql('DELETE FROM retention_policy WHERE id = $1', id));
  }

  plan(executionId: number, query: ListQuery): Promise<PageOf<PlanRow>> {
    const columns = `plan.repository, plan.digest, plan.tags, plan.push_time AS "pushTime", plan.pull_time AS "pullTime",
      plan.fate, plan.rule, plan.outcome`;
    const source = { table: 'retention_plan plan', idColumn: planShape.idColumn, columns };
    return selectPage(
      this.store.sql,
      { ...source, where: 'plan.execution_id = $1', values: [executionId] },
      buildListSql(query, planShape, 2),
    );
  }
}
