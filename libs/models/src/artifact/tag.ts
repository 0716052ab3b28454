import { Errors } from '@haven/errors';
import { recordAudit } from '../audit/audit.js';
import { statement, type Sql } from '../database/sql.js';
import { assertMutable } from '../immutable/immutable-tags.js';
import { appendOutbox } from '../outbox/outbox.js';
import type { PushOrigin } from '../replication/push-origin.js';
import type { DeletionContext } from './delete-artifact.js';
import type { RepositoryRef } from './repository-ref.js';

const platformId = `SELECT v FROM properties WHERE k = 'platform_id'`;

/** The row lock is what makes two pushes of one tag take turns. */
const upsert = statement(
  'tag_upsert',
  `INSERT INTO tag (repository_id, artifact_id, name, origin_time, origin_platform) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (repository_id, name) DO UPDATE
      SET artifact_id = excluded.artifact_id, push_time = now(), pull_time = NULL,
          origin_time = excluded.origin_time, origin_platform = excluded.origin_platform
    WHERE tag.artifact_id <> excluded.artifact_id
      AND (excluded.origin_time IS NULL
           OR (coalesce(tag.origin_time, tag.push_time), coalesce(tag.origin_platform, (${platformId})))
              < (excluded.origin_time, excluded.origin_platform))
   RETURNING xmax <> 0 AS moved`,
);
const pointsAt = statement(
  'tag_points_at',
  'SELECT 1 FROM tag WHERE repository_id = $1 AND name = $2 AND artifact_id = $3',
);
const insert = statement(
  'tag_insert',
  'INSERT INTO tag (repository_id, artifact_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
);
const remove = statement('tag_delete', 'DELETE FROM tag WHERE repository_id = $1 AND artifact_id = $2 AND name = $3');

/**
 * Points a tag at an artifact, moving it if it points elsewhere. A push that another platform repeats here moves it only
 * if it was made later than the one that the tag stands for, or at the same moment on the platform with the greater id:
 * platforms that copy to each other end with the same.
 * @returns false when the tag has been kept where it was
 * @throws AppError PRECONDITION when a rule keeps it where it is
 */
export async function putTag(
  tx: Sql,
  { repositoryId, ...repository }: RepositoryRef,
  artifactId: number,
  name: string,
  origin?: PushOrigin,
): Promise<boolean> {
  const values = [origin?.time ?? null, origin?.path[0] ?? null];
  const put = await tx.maybe<{ moved: boolean }>(upsert(repositoryId, artifactId, name, ...values));
  // Under the lock of the tag's row: nobody moves it meanwhile, and what was done is undone.
  if (put?.moved === true) await assertMutable(tx, { repositoryId, ...repository }, [name]);
  if (put !== null || origin === undefined) return true;
  return (await tx.maybe(pointsAt(repositoryId, name, artifactId))) !== null;
}

/** A tag of one artifact, and who acts on it. */
export interface TagChange {
  repository: RepositoryRef;
  artifactId: number;
  digest: string;
  name: string;
}

/** Makes a new tag. @throws AppError CONFLICT when the repository has a tag of that name */
export async function createTag(tx: Sql, change: TagChange, context: DeletionContext): Promise<void> {
  const made = await tx.run(insert(change.repository.repositoryId, change.artifactId, change.name));
  if (made === 0) throw Errors.conflict(`tag ${change.name} already exists in repository ${change.repository.name}`);
  await announceTag(tx, 'create', change, context);
}

/** Removes a tag of an artifact; the artifact stays. @throws AppError NOT_FOUND, PRECONDITION when a rule keeps it */
export async function deleteTag(tx: Sql, change: TagChange, context: DeletionContext): Promise<void> {
  const removed = await tx.run(remove(change.repository.repositoryId, change.artifactId, change.name));
  if (removed === 0)
    throw Errors.notFound(`tag ${change.name} of ${change.repository.name}@${change.digest} not found`);
  await assertMutable(tx, change.repository, [change.name]);
  await announceTag(tx, 'delete', change, context);
}

async function announceTag(
  tx: Sql,
  operation: 'create' | 'delete',
  change: TagChange,
  context: DeletionContext,
): Promise<void> {
  const { repository, name, digest } = change;
  await recordAudit(tx, {
    projectId: repository.projectId,
    operation,
    resourceType: 'tag',
    resource: `${repository.name}:${name}`,
    username: context.actor,
    sourceIp: context.sourceIp,
  });
  await appendOutbox(tx, context.consumers, {
    topic: operation === 'create' ? 'tag.created' : 'tag.deleted',
    payload: {
      ...repository,
      repository: repository.name,
      digest,
      tag: name,
      actor: context.actor,
      origin: context.origin?.path ?? [],
      at: new Date().toISOString(),
    },
  });
}
