import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { sql, statement, type Sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

export interface QuotaRow {
  id: number;
  projectId: number;
  projectName: string;
  /** Null when the owner was deleted. */
  ownerName: string | null;
  /** -1: no limit. */
  hardBytes: number;
  usedBytes: number;
  creationTime: Date;
  updateTime: Date;
}

const used = `(coalesce(usage.used_bytes, 0)
  + coalesce((SELECT sum(bytes) FROM quota_delta WHERE quota_delta.project_id = quota.project_id), 0))::bigint`;
const columns = `quota.id, quota.project_id AS "projectId", project.name AS "projectName",
  CASE WHEN NOT owner.deleted THEN owner.username END AS "ownerName", quota.hard_bytes AS "hardBytes",
  ${used} AS "usedBytes", quota.creation_time AS "creationTime", quota.update_time AS "updateTime"`;
const tables = `quota JOIN project ON project.project_id = quota.project_id
  JOIN harbor_user owner ON owner.user_id = project.owner_id
  LEFT JOIN quota_usage usage ON usage.project_id = quota.project_id`;

const shape: ListShape = {
  fields: {
    id: { column: 'quota.id', type: 'int' },
    reference: { column: `'project'::text`, type: 'string' },
    reference_id: { column: 'quota.project_id', type: 'int' },
    'hard.storage': { column: 'quota.hard_bytes', type: 'int' },
    'used.storage': { column: used, type: 'int' },
    creation_time: { column: 'quota.creation_time', type: 'time' },
    update_time: { column: 'quota.update_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'quota.id',
};

const find = statement('quota_find', `SELECT ${columns} FROM ${tables} WHERE quota.id = $1::bigint`);

@Injectable()
export class QuotaRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(query: ListQuery): Promise<PageOf<QuotaRow>> {
    const list = buildListSql(query, shape, 1);
    const source = { table: tables, idColumn: shape.idColumn, columns, where: 'NOT project.deleted', values: [] };
    return selectPage<QuotaRow>(this.store.sql, source, list);
  }

  find(db: Sql, id: number): Promise<QuotaRow | null> {
    return db.maybe<QuotaRow>(find(id));
  }

  async update(tx: Transaction, id: number, hardBytes: number): Promise<void> {
    await tx.run(sql('UPDATE quota SET hard_bytes = $2, update_time = now() WHERE id = $1', id, hardBytes));
  }

  async projectIds(): Promise<number[]> {
    const rows = await this.store.sql.rows<{ id: number }>(
      sql('SELECT project_id AS id FROM project WHERE NOT deleted ORDER BY project_id'),
    );
    return rows.map(({ id }) => id);
  }
}
