import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

/** A tag, as the table has it. */
export interface TagRow {
  id: number;
  repository_id: number;
  artifact_id: number;
  name: string;
  push_time: Date;
  pull_time: Date | null;
}

const columns = 'tag.id, tag.repository_id, tag.artifact_id, tag.name, tag.push_time, tag.pull_time';

const shape: ListShape = {
  fields: {
    id: { column: 'tag.id', type: 'int' },
    repository_id: { column: 'tag.repository_id', type: 'int' },
    artifact_id: { column: 'tag.artifact_id', type: 'int' },
    name: { column: 'tag.name', type: 'string' },
    push_time: { column: 'tag.push_time', type: 'time' },
    pull_time: { column: 'tag.pull_time', type: 'time' },
  },
  defaultSort: '-push_time,-id',
  idColumn: 'tag.id',
};

const ofArtifacts = statement(
  'tags_of_artifacts',
  `SELECT ${columns} FROM tag WHERE tag.artifact_id = ANY ($1::bigint[]) ORDER BY tag.push_time DESC, tag.id DESC`,
);

@Injectable()
export class TagRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async listOfArtifact(artifactId: number, query: ListQuery): Promise<PageOf<TagRow>> {
    const list = buildListSql(query, shape, 2);
    const where = 'tag.artifact_id = $1';
    const source = { table: 'tag', idColumn: shape.idColumn, columns, where, values: [artifactId] };
    return selectPage(this.store.sql, source, list);
  }

  /** Tags of several artifacts in one query, the newest first. */
  async ofArtifacts(artifactIds: readonly number[]): Promise<TagRow[]> {
    return this.store.sql.rows<TagRow & Record<string, unknown>>(ofArtifacts(artifactIds));
  }
}
