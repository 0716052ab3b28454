import { Errors } from '@haven/errors';
import { recordAudit } from '../audit/audit.js';
import type { DeletionContext } from '../artifact/delete-artifact.js';
import type { RepositoryRef } from '../artifact/repository-ref.js';
import { statement, type Sql } from '../database/sql.js';
import { recordLedger } from '../ledger/ledger.js';
import { appendOutbox } from '../outbox/outbox.js';
import { chargeProject, settleQuota } from '../quota/quota.js';
import { reviveRepository } from './repository-trash.js';

/** What came back, and which tags did not because others have taken their names. */
export interface Restored {
  digests: string[];
  tags: string[];
  keptElsewhere: string[];
}

/** A row of the trash, as far as its place among the others matters. */
export interface TrashedArtifact {
  id: number;
  artifactId: number;
  digest: string;
  repositoryName: string;
  projectId: number;
  children: string[];
  subjectDigest: string | null;
}

export const trashedColumns = `id, artifact_id AS "artifactId", digest, repository_name AS "repositoryName", project_id AS "projectId",
  ARRAY(SELECT child ->> 'child_digest' FROM jsonb_array_elements(snapshot -> 'references') AS child) AS children,
  snapshot -> 'accessory' ->> 'subject_artifact_digest' AS "subjectDigest"`;
const lockOne = statement(
  'restore_lock',
  `SELECT ${trashedColumns}, creation_time::text AS "deletedAt" FROM artifact_trash WHERE id = $1 AND project_id = $2 AND NOT emptied FOR UPDATE`,
);
/** Went in the same transaction, which gives all of them one time. */
const lockTogether = statement(
  'restore_lock_together',
  `SELECT ${trashedColumns} FROM artifact_trash
    WHERE project_id = $1 AND repository_name = $2 AND creation_time = $3::timestamptz AND NOT emptied ORDER BY id FOR UPDATE`,
);
const findLive = statement(
  'restore_live',
  'SELECT id FROM artifact WHERE repository_id = $1 AND digest = $2 FOR KEY SHARE',
);
const insertArtifact = statement(
  'restore_artifact',
  `INSERT INTO artifact
   SELECT (jsonb_populate_record(NULL::artifact, snapshot -> 'artifact' || jsonb_build_object('repository_id', $2::int, 'listed', true))).*
     FROM artifact_trash WHERE id = $1
   ON CONFLICT (repository_id, digest) DO NOTHING`,
);
const moveEdges = statement('restore_edges', 'UPDATE artifact_blob SET repository_id = $2 WHERE artifact_id = $1');
const joinBlobs = statement(
  'restore_memberships',
  `INSERT INTO repository_blob (repository_id, digest, lease_until, pending)
   SELECT $2, digest_blob, now(), false FROM artifact_blob WHERE artifact_id = $1 ORDER BY digest_blob
   ON CONFLICT (repository_id, digest) DO UPDATE SET pending = false`,
);
const insertReferences = statement(
  'restore_references',
  `INSERT INTO artifact_reference (parent_id, child_id, child_digest, position, platform, urls, annotations)
   SELECT trash.artifact_id, child.id, child.digest, (reference ->> 'position')::int, reference -> 'platform',
          reference -> 'urls', reference -> 'annotations'
     FROM artifact_trash trash, jsonb_array_elements(trash.snapshot -> 'references') AS reference
     JOIN artifact child ON child.repository_id = $2 AND child.digest = reference ->> 'child_digest'
    WHERE trash.id = $1 ON CONFLICT DO NOTHING`,
);
const insertAccessory = statement(
  'restore_accessory',
  `INSERT INTO artifact_accessory (artifact_id, subject_artifact_id, subject_artifact_digest, subject_artifact_repo, type, size, digest)
   SELECT trash.artifact_id,
          (SELECT id FROM artifact WHERE repository_id = $2 AND digest = accessory ->> 'subject_artifact_digest'),
          accessory ->> 'subject_artifact_digest', accessory ->> 'subject_artifact_repo', accessory ->> 'type',
          (accessory ->> 'size')::bigint, accessory ->> 'digest'
     FROM artifact_trash trash, jsonb_path_query(trash.snapshot, '$.accessory ? (@ != null)') AS accessory
    WHERE trash.id = $1 ON CONFLICT DO NOTHING`,
);
const adopt = statement(
  'restore_adopt',
  `UPDATE artifact_accessory SET subject_artifact_id = $1
    WHERE subject_artifact_repo = $2 AND subject_artifact_digest = $3 AND subject_artifact_id IS NULL`,
);
/** Whoever has taken a tag's name meanwhile keeps it. */
const insertTags = statement(
  'restore_tags',
  `WITH wanted AS (SELECT tag.* FROM artifact_trash, jsonb_populate_recordset(NULL::tag, snapshot -> 'tags') AS tag
                    WHERE artifact_trash.id = $1),
   put AS (INSERT INTO tag (repository_id, artifact_id, name, push_time, pull_time, origin_time, origin_platform)
           SELECT $2, $3, name, push_time, pull_time, origin_time, origin_platform FROM wanted ORDER BY name
           ON CONFLICT DO NOTHING RETURNING name)
   SELECT wanted.name, put.name IS NOT NULL AS put FROM wanted LEFT JOIN put USING (name) ORDER BY wanted.name`,
);
/** Labels that were deleted meanwhile stay so. */
const insertLabels = statement(
  'restore_labels',
  `INSERT INTO label_reference (label_id, artifact_id)
   SELECT harbor_label.id, $2 FROM artifact_trash
     JOIN harbor_label ON to_jsonb(harbor_label.id) <@ (artifact_trash.snapshot -> 'labels')
    WHERE artifact_trash.id = $1 ON CONFLICT DO NOTHING`,
);
const chargesOf = statement(
  'restore_charges',
  `SELECT digest, octet_length(payload)::bigint AS "sizeBytes" FROM manifest WHERE digest = $2
   UNION SELECT digest, size FROM blob WHERE digest IN (SELECT digest_blob FROM artifact_blob WHERE artifact_id = $1)`,
);
const dropEdges = statement(
  'restore_edges_drop',
  'DELETE FROM artifact_blob WHERE artifact_id = $1 RETURNING digest_blob AS digest',
);
const removeRow = statement('restore_remove', 'DELETE FROM artifact_trash WHERE id = $1');
const listRepositoryRow = statement('restore_list', 'UPDATE repository SET listed = true WHERE repository_id = $1');

/**
 * Brings an artifact back from the trash with what went with it: children, signatures, tags and labels. What has been pushed
 * again meanwhile stays as it is and gets the tags and labels; a tag that another artifact has by now stays there.
 * @param trashId of the artifact that was deleted, or of one that went with it
 * @throws AppError NOT_FOUND, DENIED (quota), PRECONDITION when a child of an index is gone for good
 */
export async function restoreArtifact(
  tx: Sql,
  projectId: number,
  trashId: number,
  context: DeletionContext,
): Promise<Restored> {
  const root = await tx.maybe<TrashedArtifact & { deletedAt: string }>(lockOne(trashId, projectId));
  if (root === null) throw Errors.notFound(`nothing with id ${trashId} is in the trash`);
  const together = await tx.rows<TrashedArtifact>(lockTogether(projectId, root.repositoryName, root.deletedAt));
  const repository = await reviveRepository(tx, projectId, root.repositoryName);
  const restored: Restored = { digests: [], tags: [], keptElsewhere: [] };
  let addedBytes = 0;
  for (const part of orderOf(root, together)) addedBytes += await restoreOne(tx, repository, part, restored);
  await showRepository(tx, repository, root.digest, restored);
  await recordRestore(tx, repository, { type: 'artifact', resource: `${repository.name}@${root.digest}` }, context);
  await settleQuota(tx, projectId, addedBytes);
  return restored;
}

/** Children before their index, accessories after their subject. */
function orderOf(root: TrashedArtifact, together: readonly TrashedArtifact[]): TrashedArtifact[] {
  const order: TrashedArtifact[] = [];
  const seen = new Set<number>();
  const visit = (part: TrashedArtifact): void => {
    if (seen.has(part.id)) return;
    seen.add(part.id);
    for (const other of together) if (part.children.includes(other.digest)) visit(other);
    order.push(part);
    for (const other of together) if (other.subjectDigest === part.digest) visit(other);
  };
  visit(root);
  return order;
}

/** @returns bytes that the project is charged with in addition */
export async function restoreOne(
  tx: Sql,
  repository: RepositoryRef,
  part: TrashedArtifact,
  restored: Restored,
): Promise<number> {
  const { repositoryId, name } = repository;
  const liveId = await findOrInsert(tx, repository, part);
  const artifactId = liveId ?? part.artifactId;
  for (const tag of await tx.rows<{ name: string; put: boolean }>(insertTags(part.id, repositoryId, artifactId))) {
    restored[tag.put ? 'tags' : 'keptElsewhere'].push(tag.name);
  }
  await tx.run(insertLabels(part.id, artifactId));
  // Those of the one that was pushed again keep its blobs.
  if (liveId !== null) await tx.run(dropEdges(part.artifactId));
  await tx.run(removeRow(part.id));
  restored.digests.push(part.digest);
  if (liveId !== null) return 0;
  const charges = await tx.rows<{ digest: string; sizeBytes: number }>(chargesOf(part.artifactId, part.digest));
  const entry = { step: 'restored', reason: 'taken out of the trash', actor: '', sizeBytes: 0 } as const;
  await recordLedger(tx, { ...entry, digest: part.digest, repositoryName: name });
  return chargeProject(tx, repository.projectId, charges);
}

/** @returns the id of the artifact that is there already; null when this one has been put in its place */
async function findOrInsert(tx: Sql, repository: RepositoryRef, part: TrashedArtifact): Promise<number | null> {
  const { repositoryId } = repository;
  // What is in the way may be deleted before it can be held, as with a push.
  for (let tries = 0; tries < 3; tries += 1) {
    if ((await tx.run(insertArtifact(part.id, repositoryId))) === 1) {
      await tieArtifact(tx, repository, part);
      return null;
    }
    const live = await tx.maybe<{ id: number }>(findLive(repositoryId, part.digest));
    if (live !== null) return live.id;
  }
  throw Errors.unavailable('the artifact is being deleted and restored at the same time, try again');
}

async function tieArtifact(tx: Sql, { repositoryId, name }: RepositoryRef, part: TrashedArtifact): Promise<void> {
  await tx.run(moveEdges(part.artifactId, repositoryId));
  await tx.run(joinBlobs(part.artifactId, repositoryId));
  const children = await tx.run(insertReferences(part.id, repositoryId));
  if (children < new Set(part.children).size) {
    throw Errors.precondition(`a part of ${name}@${part.digest} is gone for good`);
  }
  await tx.run(insertAccessory(part.id, repositoryId));
  await tx.run(adopt(part.artifactId, name, part.digest));
}

/** What was restored, for the audit log. */
export async function recordRestore(
  tx: Sql,
  { projectId }: RepositoryRef,
  { type, resource }: { type: 'artifact' | 'repository'; resource: string },
  { actor, sourceIp }: DeletionContext,
): Promise<void> {
  await recordAudit(tx, {
    projectId,
    operation: 'create',
    resourceType: type,
    resource,
    username: actor,
    sourceIp,
  });
}

/** Lists the repository again, and has the files beside its blobs follow. */
export async function showRepository(
  tx: Sql,
  { repositoryId, name }: RepositoryRef,
  digest: string,
  { digests, tags }: Restored,
): Promise<void> {
  await tx.run(listRepositoryRow(repositoryId));
  const blobs = await tx.rows<{ digest: string }>(blobsOf(repositoryId, digests));
  const payload = { repository: name, digest, digests, tags, blobDigests: blobs.map((blob) => blob.digest) };
  await appendOutbox(tx, ['projection'], { topic: 'artifact.restored', payload });
}

const blobsOf = statement(
  'restore_blobs',
  `SELECT DISTINCT digest_blob AS digest FROM artifact_blob JOIN artifact ON artifact.id = artifact_id
    WHERE artifact.repository_id = $1 AND artifact.digest = ANY($2)`,
);
