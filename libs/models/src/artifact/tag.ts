import { Errors } from '@haven/errors';
import { recordAudit } from '../audit/audit.js';
import { statement, type Sql } from '../database/sql.js';
import { assertMutable } from '../immutable/immutable-tags.js';
import { appendOutbox } from '../outbox/outbox.js';
import type { DeletionContext } from './delete-artifact.js';
import type { RepositoryRef } from './repository-ref.js';

/** The row lock is what makes two pushes of one tag take turns. */
const upsert = statement(
  'tag_upsert',
  `INSERT INTO tag (repository_id, artifact_id, name) VALUES ($1, $2, $3)
   ON CONFLICT (repository_id, name) DO UPDATE SET artifact_id = excluded.artifact_id, push_time = now(), pull_time = NULL
    WHERE tag.artifact_id <> excluded.artifact_id
   RETURNING xmax <> 0 AS moved`,
);
const insert = statement(
  'tag_insert',
  'INSERT INTO tag (repository_id, artifact_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
);
const remove = statement('tag_delete', 'DELETE FROM tag WHERE repository_id = $1 AND artifact_id = $2 AND name = $3');

/**
 * Points a tag at an artifact, moving it if it points elsewhere.
 * @throws AppError PRECONDITION when a rule keeps it where it is
 */
export async function putTag(tx: Sql, repository: RepositoryRef, artifactId: number, name: string): Promise<void> {
  const put = await tx.maybe<{ moved: boolean }>(upsert(repository.repositoryId, artifactId, name));
  // Under the lock of the tag's row: nobody moves it meanwhile, and what was done is undone.
  if (put?.moved === true) await assertMutable(tx, repository, [name]);
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
      at: new Date().toISOString(),
    },
  });
}
