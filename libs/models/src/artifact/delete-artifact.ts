import { Errors } from '@haven/errors';
import { recordAudit, recordAuditAll } from '../audit/audit.js';
import { sql, statement, type Sql } from '../database/sql.js';
import { assertMutable } from '../immutable/immutable-tags.js';
import { recordLedgerAll } from '../ledger/ledger.js';
import { appendOutboxAll, type OutboxConsumer, type OutboxEvent } from '../outbox/outbox.js';
import { releaseProject } from '../quota/quota.js';
import type { PushOrigin } from '../replication/push-origin.js';
import { keepRepository } from '../trash/repository-trash.js';
import type { RepositoryRef } from './repository-ref.js';

export interface DeletionContext {
  actor: string;
  sourceIp: string;
  consumers: readonly OutboxConsumer[];
  /** Of a deletion that another platform repeats here. */
  origin?: PushOrigin | undefined;
}

interface DoomedArtifact {
  id: number;
  digest: string;
  size: number;
}

/** An artifact that is deleted, and what goes with it. */
interface Deletion {
  root: DoomedArtifact;
  others: readonly DoomedArtifact[];
  /** Of all of them. */
  tags: readonly string[];
  /** False for what no list showed: nobody is told of it but the projection. */
  isNews: boolean;
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
 * What goes with artifacts: their accessories and their untagged children, unless another index refers to them.
 * Candidates first, each from an index: a condition with OR over all artifacts would read all of them.
 */
const dependentsOf = statement(
  'artifact_dependents',
  `SELECT id, digest, size FROM artifact
    WHERE NOT id = ANY($2)
      AND id IN (SELECT artifact_id FROM artifact_accessory WHERE subject_artifact_id = ANY($1)
                 UNION ALL
                 SELECT child_id FROM artifact_reference
                  WHERE parent_id = ANY($1) AND NOT EXISTS (SELECT 1 FROM tag WHERE tag.artifact_id = child_id))
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
  const others = await collectDependents(tx, root);
  const ids = [root.id, ...others.map(({ id }) => id)];
  const parent = await tx.maybe<{ digest: string }>(parentsOf(root.id, ids));
  if (parent !== null) {
    throw Errors.stillReferenced(`the deleting artifact is referenced by others: ${repository.name}@${parent.digest}`);
  }
  const tags = await tx.rows<{ name: string }>(tagsOf(ids));
  await trash(tx, repository, [{ root, others, tags: tags.map(({ name }) => name), isNews: true }], context);
}

async function collectDependents(tx: Sql, root: DoomedArtifact): Promise<DoomedArtifact[]> {
  const others: DoomedArtifact[] = [];
  // What goes may take more with it: level by level, until one takes nothing.
  for (let level = [root]; level.length > 0; others.push(...level)) {
    const due = dependentsOf(
      level.map(({ id }) => id),
      [root.id, ...others.map(({ id }) => id)],
    );
    const lockedIds = new Set((await tx.rows<DoomedArtifact>(due)).map(({ id }) => id));
    // Asked again now that they are held: one may have been tagged while the lock was waited for.
    level = lockedIds.size === 0 ? [] : (await tx.rows<DoomedArtifact>(due)).filter(({ id }) => lockedIds.has(id));
  }
  return others;
}

/** Moves artifacts out of a repository, all of them held; the number of statements does not depend on theirs. */
async function trash(
  tx: Sql,
  repository: RepositoryRef,
  deletions: readonly Deletion[],
  context: DeletionContext,
): Promise<void> {
  await assertMutable(
    tx,
    repository,
    deletions.flatMap(({ tags }) => tags),
  );
  const ids = deletions.flatMap(({ root, others }) => [root.id, ...others.map(({ id }) => id)]);
  const digests = await tx.rows<{ digest: string }>(chargedDigests(ids));
  await tx.run(moveToTrash(ids, context.actor));
  await tx.run(sql('DELETE FROM tag WHERE artifact_id = ANY($1)', ids));
  await tx.run(sql('DELETE FROM artifact_reference WHERE parent_id = ANY($1)', ids));
  await tx.run(sql('DELETE FROM artifact WHERE id = ANY($1)', ids));
  await recordLedgerAll(
    tx,
    deletions.flatMap(({ root, others }) => {
      const entry = { step: 'trashed', repositoryName: repository.name, actor: context.actor } as const;
      return [
        { ...entry, digest: root.digest, sizeBytes: root.size, reason: 'artifact deleted' },
        ...others.map(({ digest, size }) => ({
          ...entry,
          digest,
          sizeBytes: size,
          reason: `went with ${root.digest}`,
        })),
      ];
    }),
  );
  await announceDeletions(tx, repository, deletions, context);
  await releaseProject(
    tx,
    repository.projectId,
    digests.map(({ digest }) => digest),
  );
}

async function announceDeletions(
  tx: Sql,
  repository: RepositoryRef,
  deletions: readonly Deletion[],
  { actor, sourceIp, consumers, origin }: DeletionContext,
): Promise<void> {
  const { projectId, name } = repository;
  const [news, rest] = [deletions.filter(({ isNews }) => isNews), deletions.filter(({ isNews }) => !isNews)];
  await recordAuditAll(
    tx,
    news.map(({ root }) => ({
      projectId,
      operation: 'delete',
      resourceType: 'artifact',
      resource: `${name}@${root.digest}`,
      username: actor,
      sourceIp,
    })),
  );
  const at = new Date().toISOString();
  const eventOf = ({ root, others, tags }: Deletion): OutboxEvent => ({
    topic: 'artifact.deleted',
    payload: {
      ...repository,
      repository: name,
      digest: root.digest,
      digests: [root.digest, ...others.map(({ digest }) => digest)],
      tags,
      actor,
      origin: origin?.path ?? [],
      at,
    },
  });
  await appendOutboxAll(tx, consumers, news.map(eventOf));
  await appendOutboxAll(
    tx,
    consumers.filter((consumer) => consumer === 'projection'),
    rest.map(eventOf),
  );
}

const lockRepository = statement(
  'repository_lock',
  'SELECT repository_id FROM repository WHERE repository_id = $1 FOR UPDATE',
);
/** An index is held before its children, as by whoever deletes it alone. */
const lockArtifacts = statement(
  'repository_artifacts_lock',
  'SELECT id, digest, size, listed FROM artifact WHERE repository_id = $1 ORDER BY id DESC FOR UPDATE',
);
const tagsOfRepository = statement(
  'repository_tags',
  'SELECT artifact_id AS "artifactId", name FROM tag WHERE repository_id = $1 ORDER BY name',
);

/** A commit that was cut short may have put its bytes into their place; without the session nobody would know of them. */
const reviewUploads = statement(
  'repository_uploads_review',
  `INSERT INTO blob_review (digest, not_before, reason)
   SELECT DISTINCT wanted_digest, now(), 'upload ended' FROM blob_upload
    WHERE repository_id = $1 AND wanted_digest IS NOT NULL ORDER BY wanted_digest
   ON CONFLICT DO NOTHING`,
);

/** Deletes a repository with all its artifacts, which go to the trash. @throws AppError NOT_FOUND, PRECONDITION when a rule keeps a tag */
export async function deleteRepository(tx: Sql, repository: RepositoryRef, context: DeletionContext): Promise<void> {
  const locked = await tx.maybe(lockRepository(repository.repositoryId));
  if (locked === null) throw Errors.notFound(`repository ${repository.name} not found`);
  const artifacts = await tx.rows<DoomedArtifact & { listed: boolean }>(lockArtifacts(repository.repositoryId));
  const tags = Map.groupBy(
    await tx.rows<{ artifactId: number; name: string }>(tagsOfRepository(repository.repositoryId)),
    ({ artifactId }) => artifactId,
  );
  const deletions = artifacts.map(({ listed, ...root }) => ({
    root,
    others: [],
    tags: (tags.get(root.id) ?? []).map(({ name }) => name),
    isNews: listed,
  }));
  await keepRepository(tx, repository.repositoryId);
  await trash(tx, repository, deletions, context);
  const pending = await tx.rows<{ digest: string }>(
    sql('DELETE FROM repository_blob WHERE repository_id = $1 RETURNING digest', repository.repositoryId),
  );
  await tx.run(reviewUploads(repository.repositoryId));
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
