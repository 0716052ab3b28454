import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type Filter, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement, type RepositoryRef, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

/** A listed repository, as the table has it. */
export interface RepositoryRow {
  repository_id: number;
  project_id: number;
  /** Full name, project first. */
  name: string;
  description: string;
  pull_count: number;
  creation_time: Date;
  update_time: Date;
  /** Artifacts that the list of artifacts shows. */
  artifact_count: number;
}

const columns = `repository.repository_id, repository.project_id, repository.name, repository.description,
  repository.pull_count, repository.creation_time, repository.update_time,
  (SELECT count(*) FROM artifact
    WHERE artifact.repository_id = repository.repository_id AND artifact.listed) AS artifact_count`;

const shape: ListShape = {
  fields: {
    repository_id: { column: 'repository.repository_id', type: 'int' },
    project_id: { column: 'repository.project_id', type: 'int' },
    name: { column: 'repository.name', type: 'string' },
    description: { column: 'repository.description', type: 'string' },
    pull_count: { column: 'repository.pull_count', type: 'int' },
    star_count: { column: 'repository.star_count', type: 'int' },
    creation_time: { column: 'repository.creation_time', type: 'time' },
    update_time: { column: 'repository.update_time', type: 'time' },
  },
  defaultSort: '-creation_time,-repository_id',
  idColumn: 'repository.repository_id',
};

const byName = statement('repository_by_name', `SELECT ${columns} FROM repository WHERE name = $1 AND listed`);
const refByName = statement(
  'repository_ref_by_name',
  `SELECT project_id AS "projectId", repository_id AS "repositoryId", name FROM repository WHERE name = $1 AND listed`,
);
const describe = statement(
  'repository_describe',
  'UPDATE repository SET description = $2, update_time = now() WHERE repository_id = $1',
);

/** `q=blob_digest=…`: repositories with an artifact that uses the blob. */
function usesBlob(filter: Filter | undefined, parameter: number): { condition: string; values: string[] } {
  if (filter?.kind !== 'exact') return { condition: 'TRUE', values: [] };
  const condition = `repository.repository_id IN (
    SELECT artifact.repository_id FROM artifact_blob JOIN artifact ON artifact.id = artifact_blob.artifact_id
     WHERE artifact_blob.digest_blob = $${parameter})`;
  return { condition, values: [filter.value] };
}

@Injectable()
export class RepositoryRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** @param scope condition on `repository`, with its values as `$1`, `$2`, … */
  async list(scope: { where: string; values: readonly unknown[] }, query: ListQuery): Promise<PageOf<RepositoryRow>> {
    const blob = usesBlob(query.filters.get('blob_digest'), scope.values.length + 1);
    const values = [...scope.values, ...blob.values];
    const list = buildListSql(query, shape, values.length + 1);
    const where = `repository.listed AND ${scope.where} AND ${blob.condition}`;
    const source = { table: 'repository', idColumn: shape.idColumn, columns, where, values };
    return selectPage(this.store.sql, source, list);
  }

  findByName(name: string): Promise<RepositoryRow | null> {
    return this.store.sql.maybe<RepositoryRow>(byName(name));
  }

  findRef(db: Sql, name: string): Promise<RepositoryRef | null> {
    return db.maybe<RepositoryRef & Record<string, unknown>>(refByName(name));
  }

  async describe(tx: Sql, repositoryId: number, description: string): Promise<void> {
    await tx.run(describe(repositoryId, description));
  }
}
