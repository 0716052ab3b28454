import type { DeletionContext } from '../artifact/delete-artifact.js';
import type { RepositoryRef } from '../artifact/repository-ref.js';
import { statement, type Sql } from '../database/sql.js';
import { settleQuota } from '../quota/quota.js';
import { reviveRepository } from './repository-trash.js';
import {
  recordRestore,
  restoreOne,
  showRepository,
  trashedColumns,
  type Restored,
  type TrashedArtifact,
} from './restore-artifact.js';

/** How far a restore of a repository has come: the last row of the trash that it has seen. */
export interface RestorePlace {
  deletedAt: string;
  artifactId: number;
}

/** What one batch brought back. */
export interface RestoredBatch extends Restored {
  /** Digests of those that stay in the trash, because a part of them is gone for good. */
  incomplete: string[];
  /** Null when nothing is left to be looked at. */
  next: RestorePlace | null;
}

/**
 * Deleted last comes first, so that it gets its tags before what had them earlier; of one deletion, parts come before what
 * lists them. A part never lies there longer than what lists it.
 */
const lockBatch = statement(
  'restore_batch',
  `SELECT ${trashedColumns}, creation_time::text AS "deletedAt" FROM artifact_trash
    WHERE project_id = $1 AND repository_name = $2 AND NOT emptied
      AND creation_time <= $3::timestamptz AND (creation_time < $3::timestamptz OR artifact_id > $4)
    ORDER BY creation_time DESC, artifact_id LIMIT $5 FOR UPDATE`,
);
const countParts = statement(
  'restore_parts',
  'SELECT count(*)::int AS parts FROM artifact WHERE repository_id = $1 AND digest = ANY($2)',
);

/**
 * Brings a batch of what a repository has in the trash back, each as `restoreArtifact` does, and the repository itself with
 * its id and description when it was deleted. May be done again, and cut short between batches, at any time.
 * @param after where the batch before has ended; null for the first
 * @throws AppError DENIED (quota), NAME_UNKNOWN when the project is gone
 */
export async function restoreRepositoryBatch(
  tx: Sql,
  { projectId, name }: Pick<RepositoryRef, 'projectId' | 'name'>,
  after: RestorePlace | null,
  limit: number,
  context: DeletionContext,
): Promise<RestoredBatch> {
  const { deletedAt, artifactId } = after ?? { deletedAt: 'infinity', artifactId: 0 };
  const rows = await tx.rows<TrashedArtifact & { deletedAt: string }>(
    lockBatch(projectId, name, deletedAt, artifactId, limit),
  );
  const last = rows.at(-1);
  const next = last === undefined || rows.length < limit ? null : last;
  const batch: RestoredBatch = { digests: [], tags: [], keptElsewhere: [], incomplete: [], next };
  if (rows.length === 0) return batch;
  const repository = await reviveRepository(tx, projectId, name);
  let addedBytes = 0;
  for (const row of rows) {
    if (await isWhole(tx, repository, row)) addedBytes += await restoreOne(tx, repository, row, batch);
    else batch.incomplete.push(row.digest);
  }
  const [first] = batch.digests;
  if (first === undefined) return batch;
  await showRepository(tx, repository, first, batch);
  if (after === null) await recordRestore(tx, repository, { type: 'repository', resource: name }, context);
  await settleQuota(tx, projectId, addedBytes);
  return batch;
}

/** Whether all that it lists is there. */
async function isWhole(tx: Sql, { repositoryId }: RepositoryRef, { children }: TrashedArtifact): Promise<boolean> {
  const wanted = new Set(children);
  if (wanted.size === 0) return true;
  return (await tx.one<{ parts: number }>(countParts(repositoryId, [...wanted]))).parts === wanted.size;
}
