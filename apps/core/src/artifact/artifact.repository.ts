import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { ArtifactFilter } from './artifact-filter.js';

/** An artifact, as the table has it. */
export interface ArtifactRow {
  id: number;
  project_id: number;
  repository_id: number;
  repository_name: string;
  digest: string;
  type: string;
  media_type: string;
  manifest_media_type: string;
  artifact_type: string;
  size: number;
  icon: string;
  extra_attrs: object;
  annotations: object;
  push_time: Date;
  pull_time: Date | null;
}

const columns = `artifact.id, artifact.project_id, artifact.repository_id, artifact.repository_name, artifact.digest,
  artifact.type, artifact.media_type, artifact.manifest_media_type, artifact.artifact_type, artifact.size,
  artifact.icon, artifact.extra_attrs, artifact.annotations, artifact.push_time, artifact.pull_time`;

const shape: ListShape = {
  fields: {
    id: { column: 'artifact.id', type: 'int' },
    project_id: { column: 'artifact.project_id', type: 'int' },
    repository_id: { column: 'artifact.repository_id', type: 'int' },
    repository_name: { column: 'artifact.repository_name', type: 'string' },
    digest: { column: 'artifact.digest', type: 'string' },
    type: { column: 'artifact.type', type: 'string' },
    media_type: { column: 'artifact.media_type', type: 'string' },
    manifest_media_type: { column: 'artifact.manifest_media_type', type: 'string' },
    artifact_type: { column: 'artifact.artifact_type', type: 'string' },
    size: { column: 'artifact.size', type: 'int' },
    icon: { column: 'artifact.icon', type: 'string' },
    push_time: { column: 'artifact.push_time', type: 'time' },
    pull_time: { column: 'artifact.pull_time', type: 'time' },
  },
  defaultSort: '-push_time,-id',
  idColumn: 'artifact.id',
};

const repositoryIdOf = statement(
  'artifact_repository_id',
  'SELECT repository_id AS "repositoryId" FROM repository WHERE name = $1 AND listed',
);
const byId = statement('artifact_by_id', `SELECT ${columns} FROM artifact WHERE artifact.id = $1`);

@Injectable()
export class ArtifactRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async list({ where, values }: ArtifactFilter, query: ListQuery): Promise<PageOf<ArtifactRow>> {
    const list = buildListSql(query, shape, values.length + 1);
    const source = { table: 'artifact', idColumn: shape.idColumn, columns, where, values };
    return selectPage(this.store.sql, source, list);
  }

  /** @param name full name of a listed repository */
  async findRepositoryId(name: string): Promise<number | null> {
    return (await this.store.sql.maybe<{ repositoryId: number }>(repositoryIdOf(name)))?.repositoryId ?? null;
  }

  findById(artifactId: number): Promise<ArtifactRow | null> {
    return this.store.sql.maybe<ArtifactRow & Record<string, unknown>>(byId(artifactId));
  }
}
