import { deleteArtifact, statement, trashDaysKey, type Database, type DeletionContext } from '@haven/models';

export interface Eligible {
  blobs: number;
  manifests: number;
  bytes: number;
}

export interface EligibleQuestion {
  deleteUntagged: boolean;
  emptyTrash: boolean;
  trashDays: number;
  windowSeconds: number;
}

/** Untagged by itself: no list shows it under another artifact, and it is attached to none. */
const isUntagged = `artifact.listed AND artifact.subject_digest IS NULL
  AND NOT EXISTS (SELECT 1 FROM tag WHERE tag.artifact_id = artifact.id)`;

/** $1 untagged ones too, $2 all of the trash, $3 days, $4 window. Begins with what would go, not with what is there. */
const countEligible = statement(
  'gc_eligible',
  `WITH doomed AS (
     SELECT artifact_id AS id, digest FROM artifact_trash trash
      WHERE $2 OR emptied OR creation_time <= now() - make_interval(days => coalesce(
              (SELECT value::int FROM project_metadata kept
                WHERE kept.project_id = trash.project_id AND kept.name = '${trashDaysKey}' AND value ~ '^\\d{1,4}$'), $3))
     UNION ALL
     SELECT id, digest FROM artifact WHERE $1 AND push_time <= now() - make_interval(secs => $4) AND ${isUntagged}),
   candidates AS (
     SELECT digest FROM blob_review WHERE not_before <= now()
     UNION SELECT digest_blob FROM artifact_blob WHERE artifact_id IN (SELECT id FROM doomed)),
   unused AS (
     SELECT blob.digest, blob.size FROM candidates JOIN blob USING (digest)
      WHERE NOT EXISTS (SELECT 1 FROM artifact_blob WHERE digest_blob = blob.digest
                           AND artifact_id NOT IN (SELECT id FROM doomed))
        AND NOT EXISTS (SELECT 1 FROM repository_blob WHERE repository_blob.digest = blob.digest
                           AND lease_until > now() AND (pending OR $4 > 0)))
   SELECT (SELECT count(*) FROM unused)::int AS blobs, (SELECT count(DISTINCT digest) FROM doomed)::int AS manifests,
          (SELECT coalesce(sum(size), 0) FROM unused)::bigint AS bytes`,
);

/** What a collection would free at this moment. */
export const findEligible = (db: Database, question: EligibleQuestion): Promise<Eligible> => {
  const { deleteUntagged, emptyTrash, trashDays, windowSeconds } = question;
  return db.one<Eligible>(countEligible(deleteUntagged, emptyTrash, trashDays, windowSeconds));
};

const nextUntagged = statement(
  'gc_untagged',
  `SELECT artifact.id, artifact.digest, repository_id AS "repositoryId", project_id AS "projectId", repository_name AS name
     FROM artifact WHERE artifact.id > $1 AND push_time <= now() - make_interval(secs => $2) AND ${isUntagged}
    ORDER BY artifact.id LIMIT 100`,
);
const lockArtifact = statement('gc_untagged_lock', 'SELECT id FROM artifact WHERE id = $1 FOR UPDATE');
/** Asked again once nobody can tag it any more. */
const stillUntagged = statement('gc_untagged_still', `SELECT id FROM artifact WHERE id = $1 AND ${isUntagged}`);

interface Untagged {
  id: number;
  digest: string;
  repositoryId: number;
  projectId: number;
  name: string;
}

const context: DeletionContext = { actor: 'system', sourceIp: '', consumers: ['core', 'projection'] };

/** Moves artifacts that have no tag and belong to no other one to the trash. @returns how many */
export async function trashUntagged(db: Database, olderThanSeconds: number, signal: AbortSignal): Promise<number> {
  let trashed = 0;
  for (let after = 0; ;) {
    const batch = await db.rows<Untagged>(nextUntagged(after, olderThanSeconds));
    for (const { id, digest, ...repository } of batch) {
      signal.throwIfAborted();
      after = id;
      const isGone = await db.transaction(async (tx) => {
        if ((await tx.maybe(lockArtifact(id))) === null || (await tx.maybe(stillUntagged(id))) === null) return false;
        await deleteArtifact(tx, repository, digest, context);
        return true;
      });
      if (isGone) trashed += 1;
    }
    if (batch.length === 0) return trashed;
  }
}
