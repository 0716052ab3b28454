import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

/** The link of an accessory to its subject, as the table has it. */
export interface AccessoryRow {
  id: number;
  artifact_id: number;
  subject_artifact_id: number;
  subject_artifact_digest: string;
  subject_artifact_repo: string;
  type: string;
  size: number;
  digest: string;
  creation_time: Date;
}

/** A signature of an index, which covers its child as well. */
export interface InheritedAccessoryRow extends AccessoryRow {
  child_id: number;
}

const columns = `artifact_accessory.id, artifact_accessory.artifact_id, artifact_accessory.subject_artifact_id,
  artifact_accessory.subject_artifact_digest, artifact_accessory.subject_artifact_repo, artifact_accessory.type,
  artifact_accessory.size, artifact_accessory.digest, artifact_accessory.creation_time`;

const shape: ListShape = {
  fields: {
    id: { column: 'artifact_accessory.id', type: 'int' },
    artifact_id: { column: 'artifact_accessory.artifact_id', type: 'int' },
    subject_artifact_id: { column: 'artifact_accessory.subject_artifact_id', type: 'int' },
    subject_artifact_digest: { column: 'artifact_accessory.subject_artifact_digest', type: 'string' },
    subject_artifact_repo: { column: 'artifact_accessory.subject_artifact_repo', type: 'string' },
    type: { column: 'artifact_accessory.type', type: 'string' },
    size: { column: 'artifact_accessory.size', type: 'int' },
    digest: { column: 'artifact_accessory.digest', type: 'string' },
    creation_time: { column: 'artifact_accessory.creation_time', type: 'time' },
  },
  defaultSort: 'id',
  idColumn: 'artifact_accessory.id',
};

const ofSubjects = statement(
  'accessories_of_subjects',
  `SELECT ${columns} FROM artifact_accessory WHERE subject_artifact_id = ANY ($1::bigint[]) ORDER BY id`,
);
/** Only signatures are inherited, and only by artifacts that have none of their own. */
const inheritedBy = statement(
  'accessories_inherited',
  `SELECT artifact_reference.child_id, ${columns}
     FROM artifact_reference JOIN artifact_accessory ON artifact_accessory.subject_artifact_id = artifact_reference.parent_id
    WHERE artifact_reference.child_id = ANY ($1::bigint[])
      AND artifact_accessory.type IN ('signature.cosign', 'signature.notation')
      AND NOT EXISTS (SELECT FROM artifact_accessory own
                       WHERE own.subject_artifact_id = artifact_reference.child_id
                         AND own.type IN ('signature.cosign', 'signature.notation'))
    ORDER BY artifact_accessory.id`,
);

@Injectable()
export class AccessoryRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async listOfSubject(artifactId: number, query: ListQuery): Promise<PageOf<AccessoryRow>> {
    const list = buildListSql(query, shape, 2);
    const where = 'artifact_accessory.subject_artifact_id = $1';
    const source = { table: 'artifact_accessory', idColumn: shape.idColumn, columns, where, values: [artifactId] };
    return selectPage(this.store.sql, source, list);
  }

  /** What is attached to several artifacts, in one query. */
  ofSubjects(artifactIds: readonly number[]): Promise<AccessoryRow[]> {
    return this.store.sql.rows<AccessoryRow & Record<string, unknown>>(ofSubjects(artifactIds));
  }

  /** Signatures of the indexes that refer to these artifacts, in one query. */
  inheritedBy(artifactIds: readonly number[]): Promise<InheritedAccessoryRow[]> {
    return this.store.sql.rows<InheritedAccessoryRow & Record<string, unknown>>(inheritedBy(artifactIds));
  }
}
