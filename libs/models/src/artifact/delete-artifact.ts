import { Errors } from '@haven/errors';
import { recordAudit } from '../audit/audit.js';
import { sql, statement, type Sql } from '../database/sql.js';
import { assertMutable } from '../immutable/immutable-tags.js';
import { recordLedger } from '../ledger/ledger.js';
import { appendOutbox, type OutboxConsumer } from '../outbox/outbox.js';
import { releaseProject } from '../quota/quota.js';
import type { RepositoryRef } from './repository-ref.js';

export interface DeletionContext {
  actor: string;
  sourceIp: string;
  consumers: readonly OutboxConsumer[];
}

interface DoomedArtifact {
  id: number;
  digest: string;
  size: number;
}

const lockArtifact = statement(
  'artifact_lock',
  'SELECT id, digest, size FROM artifact WHERE repository_id = $1 AND digest = $2 FOR UPDATE',
);
const parentsOf = statement(
  'artifact_parents',
  `SELECT artifact.digest FROM artifact_reference JOIN artifact ON artifact.id = parent_id
    WHERE child_id = $1 AND NOT parent_id = ANY($2) LIMIT 1`,
);
/**
 * What goes with an artifact: its accessories and its untagged children, unless another index refers to them.
 * Candidates first, each from an index: a condition with OR over all artifacts would read all of them.
 */
const dependentsOf = statement(
  'artifact_dependents',
  `SELECT id, digest, size FROM artifact
    WHERE NOT id = ANY($2)
      AND id IN (SELECT artifact_id FROM artifact_accessory WHERE subject_artifact_id = $1
                 UNION ALL
                 SELECT child_id FROM artifact_reference
                  WHERE parent_id = $1 AND NOT EXISTS (SELECT 1 FROM tag WHERE tag.artifact_id = child_id))
      AND NOT EXISTS (SELECT 1 FROM artifact_reference other
                       WHERE other.child_id = artifact.id AND NOT other.parent_id = ANY($2))
    ORDER BY id FOR UPDATE OF artifact`,
);
const moveToTrash = statement(
  'artifact_trash_insert',
  `INSERT INTO artifact_trash (artifact_id, project_id, repository_name, digest, manifest_media_type, media_type, size, deleted_by, snapshot)
   SELECT artifact.id, artifact.project_id, artifact.repository_name, artifact.digest, artifact.manifest_media_type,
          artifact.media_type, artifact.size, left($2, 255), jsonb_build_object(
            'artifact', to_jsonb(artifact),
            'tags', (SELECT coalesce(jsonb_agg(to_jsonb(tag)), '[]') FROM tag WHERE tag.artifact_id = artifact.id),
            'labels', (SELECT coalesce(jsonb_agg(label_id), '[]') FROM label_reference WHERE artifact_id = artifact.id),
            'references', (SELECT coalesce(jsonb_agg(to_jsonb(child)), '[]') FROM artifact_reference child WHERE child.parent_id = artifact.id),
            'accessory', (SELECT to_jsonb(accessory) FROM artifact_accessory accessory WHERE accessory.artifact_id = artifact.id LIMIT 1))
     FROM artifact WHERE artifact.id = ANY($1)`,
);
const chargedDigests = statement(
  'artifact_charged_digests',
  `SELECT digest FROM artifact WHERE id = ANY($1) UNION SELECT digest_blob FROM artifact_blob WHERE artifact_id = ANY($1)`,
);
const tagsOf = statement('artifact_tags', 'SELECT name FROM tag WHERE artifact_id = ANY($1) ORDER BY name');

/**
 * Deletes an artifact with its tags, its accessories and those children that nothing else holds. All of it goes to the
 * trash; the project is charged no more; the edges to blobs stay, so that nothing of it is collected while it lies there.
 * @throws AppError NOT_FOUND, VIOLATE_FOREIGN_KEY_CONSTRAINT when an index refers to it, PRECONDITION when a rule keeps a tag
 */
export async function deleteArtifact(
  tx: Sql,
  repository: RepositoryRef,
  digest: string,
  context: DeletionContext,
): Promise<void> {
  const root = await tx.maybe<DoomedArtifact>(lockArtifact(repository.repositoryId, digest));
  if (root === null) throw Errors.manifestUnknown(`artifact ${repository.name}@${digest} not found`);
  await deleteRoot(tx, repository, root, context);
}

async function deleteRoot(
  tx: Sql,
  repository: RepositoryRef,
  root: DoomedArtifact,
  context: DeletionContext,
): Promise<void> {
  const doomed = await collectDoomed(tx, root);
  const ids = doomed.map((artifact) => artifact.id);
  const parent = await tx.maybe<{ digest: string }>(parentsOf(root.id, ids));
  if (parent !== null) {
    throw Errors.stillReferenced(`the deleting artifact is referenced by others: ${repository.name}@${parent.digest}`);
  }
  const tags = await tx.rows<{ name: string }>(tagsOf(ids));
  await assertMutable(
    tx,
    repository,
    tags.map((tag) => tag.name),
  );
  const digests = await tx.rows<{ digest: string }>(chargedDigests(ids));
  await tx.run(moveToTrash(ids, context.actor));
  await tx.run(sql('DELETE FROM tag WHERE artifact_id = ANY($1)', ids));
  await tx.run(sql('DELETE FROM artifact_reference WHERE parent_id = ANY($1)', ids));
  await tx.run(sql('DELETE FROM artifact WHERE id = ANY($1)', ids));
  for (const artifact of doomed) {
    await recordLedger(tx, {
      digest: artifact.digest,
      step: 'trashed',
      reason: artifact.id === root.id ? 'artifact deleted' : `went with ${root.digest}`,
      repositoryName: repository.name,
      actor: context.actor,
      sizeBytes: artifact.size,
    });
  }
  await announceDeletion(tx, repository, { root, doomed, tags: tags.map((tag) => tag.name) }, context);
  await releaseProject(
    tx,
    repository.projectId,
    digests.map((row) => row.digest),
  );
}

async function collectDoomed(tx: Sql, root: DoomedArtifact): Promise<DoomedArtifact[]> {
  const doomed = [root];
  // Grows while it is walked: what goes may take more with it.
  for (const current of doomed) {
    const ids = doomed.map((artifact) => artifact.id);
    const locked = await tx.rows<DoomedArtifact>(dependentsOf(current.id, ids));
    if (locked.length === 0) continue;
    // Asked again now that they are held: one may have been tagged while the lock was waited for.
    const still = await tx.rows<DoomedArtifact>(dependentsOf(current.id, ids));
    const lockedIds = new Set(locked.map((artifact) => artifact.id));
    doomed.push(...still.filter((artifact) => lockedIds.has(artifact.id)));
  }
  return doomed;
}

async function announceDeletion(
  tx: Sql,
  repository: RepositoryRef,
  deletion: { root: DoomedArtifact; doomed: readonly DoomedArtifact[]; tags: readonly string[] },
  context: DeletionContext,
): Promise<void> {
  await recordAudit(tx, {
    projectId: repository.projectId,
    operation: 'delete',
    resourceType: 'artifact',
    resource: `${repository.name}@${deletion.root.digest}`,
    username: context.actor,
    sourceIp: context.sourceIp,
  });
  await appendOutbox(tx, context.consumers, {
    topic: 'artifact.deleted',
    payload: {
      ...repository,
      repository: repository.name,
      digest: deletion.root.digest,
      digests: deletion.doomed.map((artifact) => artifact.digest),
      tags: deletion.tags,
      actor: context.actor,
      at: new Date().toISOString(),
    },
  });
}

const lockRepository = statement(
  'repository_lock',
  'SELECT repository_id FROM repository WHERE repository_id = $1 FOR UPDATE',
);
/** An index is always younger than its children, so this order never meets a child that is still needed. */
const artifactsOf = statement(
  'repository_artifacts',
  'SELECT digest FROM artifact WHERE repository_id = $1 ORDER BY id DESC',
);

/** Deletes a repository with all its artifacts, which go to the trash. @throws AppError NOT_FOUND */
export async function deleteRepository(tx: Sql, repository: RepositoryRef, context: DeletionContext): Promise<void> {
  const locked = await tx.maybe(lockRepository(repository.repositoryId));
  if (locked === null) throw Errors.notFound(`repository ${repository.name} not found`);
  for (const { digest } of await tx.rows<{ digest: string }>(artifactsOf(repository.repositoryId))) {
    const root = await tx.maybe<DoomedArtifact>(lockArtifact(repository.repositoryId, digest));
    // Many go with another one before it is their turn.
    if (root !== null) await deleteRoot(tx, repository, root, context);
  }
  const pending = await tx.rows<{ digest: string }>(
    sql('DELETE FROM repository_blob WHERE repository_id = $1 RETURNING digest', repository.repositoryId),
  );
  await tx.run(sql('DELETE FROM repository WHERE repository_id = $1', repository.repositoryId));
  await releaseProject(
    tx,
    repository.projectId,
    pending.map((row) => row.digest),
  );
  await recordAudit(tx, {
    projectId: repository.projectId,
    operation: 'delete',
    resourceType: 'repository',
    resource: repository.name,
    username: context.actor,
    sourceIp: context.sourceIp,
  });
}
