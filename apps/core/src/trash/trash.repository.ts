import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import { trashedBytes } from './trashed-bytes.js';

export interface TrashedRow {
  id: number;
  repositoryName: string;
  digest: string;
  mediaType: string;
  manifestMediaType: string;
  sizeBytes: number;
  tags: string[];
  deletedBy: string;
  deletedTime: Date;
}

export interface TrashSize {
  artifacts: number;
  /** Of blobs and manifests that only the trash of the project keeps; each once. */
  bytes: number;
}

const columns = `id, repository_name AS "repositoryName", digest, media_type AS "mediaType",
  manifest_media_type AS "manifestMediaType", size AS "sizeBytes", deleted_by AS "deletedBy", creation_time AS "deletedTime",
  ARRAY(SELECT tag ->> 'name' FROM jsonb_array_elements(snapshot -> 'tags') AS tag ORDER BY 1) AS tags`;

const shape: ListShape = {
  fields: {
    id: { column: 'id', type: 'int' },
    repository_name: { column: 'repository_name', type: 'string' },
    digest: { column: 'digest', type: 'string' },
    deleted_by: { column: 'deleted_by', type: 'string' },
    creation_time: { column: 'creation_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'id',
};

const readSize = statement(
  'trash_size',
  `SELECT (SELECT count(*) FROM artifact_trash WHERE project_id = $1::int)::int AS artifacts, ${trashedBytes('$1::int')} AS bytes`,
);

const hasRepository = statement('trash_has_repository', 'SELECT 1 FROM repository WHERE name = $1 AND listed');

@Injectable()
export class TrashRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(projectId: number, query: ListQuery): Promise<PageOf<TrashedRow>> {
    const source = {
      table: 'artifact_trash',
      idColumn: 'id',
      columns,
      where: 'project_id = $1 AND NOT emptied',
      values: [projectId],
    };
    return selectPage<TrashedRow>(this.store.sql, source, buildListSql(query, shape, 2));
  }

  size(projectId: number): Promise<TrashSize> {
    return this.store.sql.one<TrashSize>(readSize(projectId));
  }

  async hasRepository(name: string): Promise<boolean> {
    return (await this.store.sql.maybe(hasRepository(name))) !== null;
  }
}
