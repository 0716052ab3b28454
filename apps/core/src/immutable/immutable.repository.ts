import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, sql, statement, type Sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { TagFilter } from './immutable.schema.js';

export interface ImmutableRuleRow {
  id: number;
  projectId: number;
  filter: TagFilter;
  disabled: boolean;
}

const columns = `rule.id, rule.project_id AS "projectId", rule.tag_filter AS filter, rule.disabled`;

const shape: ListShape = {
  fields: {
    id: { column: 'rule.id', type: 'int' },
    disabled: { column: 'rule.disabled', type: 'bool' },
    creation_time: { column: 'rule.creation_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'rule.id',
};

const insert = statement(
  'immutable_insert',
  `INSERT INTO immutable_tag_rule (project_id, tag_filter, disabled) VALUES ($1, $2, $3)
   ON CONFLICT DO NOTHING RETURNING id`,
);

@Injectable()
export class ImmutableRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(projectId: number, query: ListQuery): Promise<PageOf<ImmutableRuleRow>> {
    const list = buildListSql(query, shape, 2);
    const where = 'rule.project_id = $1';
    const table = 'immutable_tag_rule rule';
    return selectPage(this.store.sql, { table, idColumn: shape.idColumn, columns, where, values: [projectId] }, list);
  }

  /** The rule, held for a change; null when it is none of this project. */
  hold(tx: Sql, projectId: number, id: number): Promise<ImmutableRuleRow | null> {
    const query = `SELECT ${columns} FROM immutable_tag_rule rule WHERE rule.project_id = $1 AND rule.id = $2::bigint FOR UPDATE`;
    return tx.maybe<ImmutableRuleRow>(sql(query, projectId, id));
  }

  /** @returns the id, or null when the project has the very same rule */
  async insert(tx: Transaction, projectId: number, filter: TagFilter, disabled: boolean): Promise<number | null> {
    const row = await tx.maybe<{ id: number }>(insert(projectId, JSON.stringify(filter), disabled));
    return row?.id ?? null;
  }

  /** @returns false when the project has the very same rule; the transaction is lost then */
  async update(tx: Transaction, id: number, filter: TagFilter, disabled: boolean): Promise<boolean> {
    try {
      const query = 'UPDATE immutable_tag_rule SET tag_filter = $2, disabled = $3 WHERE id = $1';
      await tx.run(sql(query, id, JSON.stringify(filter), disabled));
      return true;
    } catch (error) {
      if (brokenConstraint(error) === 'immutable_tag_rule__filter') return false;
      throw error;
    }
  }

  async remove(tx: Transaction, id: number): Promise<void> {
    await tx.run(sql('DELETE FROM immutable_tag_rule WHERE id = $1', id));
  }
}
