import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

/** A blob that cannot be pulled until somebody pushes it again. */
export interface DamagedRow {
  digest: string;
  kind: string;
  sizeBytes: number;
  foundTime: Date;
  /** Some of those with an artifact that names it. */
  repositories: string[];
}

const columns = `digest, kind, size AS "sizeBytes", creation_time AS "foundTime",
  ARRAY(SELECT DISTINCT repository_name FROM artifact
         WHERE id IN (SELECT artifact_id FROM artifact_blob WHERE digest_blob = blob_damage.digest)
         ORDER BY repository_name LIMIT 5) AS repositories`;

const shape: ListShape = {
  fields: {
    digest: { column: 'digest', type: 'string' },
    kind: { column: 'kind', type: 'string' },
    creation_time: { column: 'creation_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'digest',
};

@Injectable()
export class ScrubRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** What was pushed again meanwhile is no longer among them. */
  damaged(query: ListQuery): Promise<PageOf<DamagedRow>> {
    const where = `EXISTS (SELECT 1 FROM blob WHERE blob.digest = blob_damage.digest AND blob.status = 'quarantined')`;
    const source = { table: 'blob_damage', idColumn: 'digest', columns, where, values: [] };
    return selectPage<DamagedRow>(this.store.sql, source, buildListSql(query, shape, 1));
  }
}
