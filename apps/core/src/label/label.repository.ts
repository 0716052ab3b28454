import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, sql, statement, type Sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { LabelBody, LabelScope } from './label.schema.js';

export interface LabelRow {
  id: number;
  name: string;
  description: string;
  color: string;
  scope: 'g' | 'p';
  /** 0 for a label of the whole platform. */
  projectId: number;
  creationTime: Date;
  updateTime: Date;
}

const columns = `label.id, label.name, label.description, label.color, label.scope, label.project_id AS "projectId",
  label.creation_time AS "creationTime", label.update_time AS "updateTime"`;

const shape: ListShape = {
  fields: {
    id: { column: 'label.id', type: 'int' },
    name: { column: 'label.name', type: 'string' },
    creation_time: { column: 'label.creation_time', type: 'time' },
    update_time: { column: 'label.update_time', type: 'time' },
  },
  defaultSort: 'name',
  idColumn: 'label.id',
};

const find = statement('label_find', `SELECT ${columns} FROM harbor_label label WHERE label.id = $1::bigint`);
const insert = statement(
  'label_insert',
  `INSERT INTO harbor_label (name, description, color, scope, project_id) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT DO NOTHING RETURNING id`,
);
const update = statement(
  'label_update',
  'UPDATE harbor_label SET name = $2, description = $3, color = $4, update_time = now() WHERE id = $1',
);
/** Only labels of the artifact's project, or of the whole platform. */
const attach = statement(
  'label_attach',
  `INSERT INTO label_reference (label_id, artifact_id)
   SELECT label.id, $2 FROM harbor_label label
    WHERE label.id = $1::bigint AND (label.scope = 'g' OR label.project_id = $3)
   ON CONFLICT DO NOTHING`,
);
const usable = statement(
  'label_usable',
  `SELECT 1 FROM harbor_label WHERE id = $1::bigint AND (scope = 'g' OR project_id = $2)`,
);
const ofArtifacts = statement(
  'labels_of_artifacts',
  `SELECT ${columns}, reference.artifact_id AS "artifactId"
     FROM label_reference reference JOIN harbor_label label ON label.id = reference.label_id
    WHERE reference.artifact_id = ANY ($1::bigint[]) ORDER BY label.name, label.id`,
);

@Injectable()
export class LabelRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list({ scope, projectId }: LabelScope, query: ListQuery): Promise<PageOf<LabelRow>> {
    const list = buildListSql(query, shape, 3);
    const where = 'label.scope = $1 AND label.project_id = $2';
    const source = {
      table: 'harbor_label label',
      idColumn: shape.idColumn,
      columns,
      where,
      values: [scope, projectId],
    };
    return selectPage<LabelRow>(this.store.sql, source, list);
  }

  find(db: Sql, id: number): Promise<LabelRow | null> {
    return db.maybe<LabelRow>(find(id));
  }

  /** @returns the id, or null when there is one of that name */
  async insert(tx: Transaction, { scope, projectId }: LabelScope, body: LabelBody): Promise<number | null> {
    const row = await tx.maybe<{ id: number }>(insert(body.name, body.description, body.color, scope, projectId));
    return row?.id ?? null;
  }

  /** @returns false when there is another one of that name; the transaction is lost then */
  async update(tx: Transaction, id: number, body: LabelBody): Promise<boolean> {
    try {
      await tx.run(update(id, body.name, body.description, body.color));
      return true;
    } catch (error) {
      if (brokenConstraint(error) === 'harbor_label__name') return false;
      throw error;
    }
  }

  /** Takes it from every artifact as well. */
  async remove(tx: Transaction, id: number): Promise<void> {
    await tx.run(sql('DELETE FROM harbor_label WHERE id = $1', id));
  }

  /** Whether artifacts of a project can have the label. */
  async isUsable(tx: Sql, id: number, projectId: number): Promise<boolean> {
    return (await tx.maybe(usable(id, projectId))) !== null;
  }

  /** @returns false when the artifact has it already */
  async attach(tx: Transaction, id: number, artifactId: number, projectId: number): Promise<boolean> {
    return (await tx.run(attach(id, artifactId, projectId))) === 1;
  }

  /** @returns false when the artifact does not have it */
  async detach(tx: Transaction, id: number, artifactId: number): Promise<boolean> {
    const query = 'DELETE FROM label_reference WHERE label_id = $1::bigint AND artifact_id = $2';
    return (await tx.run(sql(query, id, artifactId))) === 1;
  }

  /** Labels of several artifacts in one query. */
  ofArtifacts(artifactIds: readonly number[]): Promise<(LabelRow & { artifactId: number })[]> {
    return this.store.sql.rows<LabelRow & { artifactId: number }>(ofArtifacts(artifactIds));
  }
}
