import { Errors } from '@haven/errors';
import { recordLedger, scheduleReviews, statement, type Database, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';

export interface StoredCounts {
  blobs: number;
  manifests: number;
  hasSha512: boolean;
}

/** A blob's row, held against its file. */
export interface BlobRow {
  digest: Digest;
  sizeBytes: number;
  status: string;
  /** Its bytes may be out of their place, and come back by themselves. */
  isBeingCollected: boolean;
  /** Nothing names it, and nobody is to look at it again. */
  isUnused: boolean;
}

export interface Charge {
  projectId: number;
  digest: string;
  sizeBytes: number;
  /** Nothing live in the project needs it. */
  isUnused: boolean;
}

export interface LockedBlob {
  sizeBytes: number;
  status: string;
}

export type DamageKind = 'corrupt' | 'missing';
export interface Damage {
  digest: Digest;
  kind: DamageKind;
  sizeBytes: number;
}

const countStored = statement(
  'scrub_counts',
  `SELECT (SELECT count(*) FROM blob)::int AS blobs, (SELECT count(*) FROM manifest)::int AS manifests,
          EXISTS (SELECT 1 FROM blob WHERE digest > 'sha512:' AND digest < 'sha512;') AS "hasSha512"`,
);
const rowsBetween = statement(
  'scrub_blobs',
  `SELECT digest, size AS "sizeBytes", status,
          EXISTS (SELECT 1 FROM blob_review review
                   WHERE review.digest = blob.digest AND quarantined_at IS NOT NULL) AS "isBeingCollected",
          NOT EXISTS (SELECT 1 FROM artifact_blob WHERE digest_blob = blob.digest)
          AND NOT EXISTS (SELECT 1 FROM repository_blob member WHERE member.digest = blob.digest)
          AND NOT EXISTS (SELECT 1 FROM blob_review review WHERE review.digest = blob.digest) AS "isUnused"
     FROM blob WHERE digest > $1 AND digest < $2 ORDER BY digest LIMIT $3`,
);
/** What waits for its first manifest goes with the purge of uploads; what has a review is looked at anyway. */
const unusedMembers = statement(
  'scrub_members',
  `SELECT DISTINCT member.digest FROM repository_blob member
    WHERE member.digest = ANY($1) AND NOT member.pending AND member.lease_until <= now()
      AND NOT EXISTS (SELECT 1 FROM artifact_blob edge JOIN artifact ON artifact.id = edge.artifact_id
                       WHERE edge.digest_blob = member.digest AND artifact.repository_id = member.repository_id)
      AND NOT EXISTS (SELECT 1 FROM blob_review review WHERE review.digest = member.digest)`,
);
const unknownAmong = statement(
  'scrub_unknown',
  `SELECT digest FROM unnest($1::text[]) AS stored (digest)
    WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.digest = stored.digest)
      AND NOT EXISTS (SELECT 1 FROM manifest WHERE manifest.digest = stored.digest)`,
);
const chargesAfter = statement(
  'scrub_charges',
  `SELECT project_id AS "projectId", digest, size AS "sizeBytes",
          NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.digest = charged.digest AND artifact.project_id = charged.project_id)
          AND NOT EXISTS (SELECT 1 FROM artifact_blob edge JOIN artifact ON artifact.id = edge.artifact_id
                           WHERE edge.digest_blob = charged.digest AND edge.project_id = charged.project_id)
          AND NOT EXISTS (SELECT 1 FROM repository_blob member JOIN repository USING (repository_id)
                           WHERE member.digest = charged.digest AND member.pending
                             AND repository.project_id = charged.project_id) AS "isUnused"
     FROM (SELECT project_id, digest, size FROM project_blob WHERE (project_id, digest) > ($1, $2)
            ORDER BY project_id, digest LIMIT $3) AS charged
    ORDER BY project_id, digest`,
);
/** Waits for a commit of the same digest that is under way; nothing is inserted when a blob has the digest. */
const reserve = statement(
  'scrub_reserve',
  "INSERT INTO blob (digest, size, status) VALUES ($1, 0, 'purging') ON CONFLICT DO NOTHING",
);
const free = statement('scrub_free', 'DELETE FROM blob WHERE digest = $1');
const lockBlob = statement('scrub_lock', 'SELECT size AS "sizeBytes", status FROM blob WHERE digest = $1 FOR UPDATE');
const readFacts = statement(
  'scrub_facts',
  `SELECT EXISTS (SELECT 1 FROM manifest WHERE digest = $1) AS "isManifest",
          EXISTS (SELECT 1 FROM blob_review WHERE digest = $1) AS "hasReview"`,
);
const setAside = statement(
  'scrub_damage',
  `WITH damaged AS (UPDATE blob SET status = 'quarantined', update_time = now() WHERE digest = $1)
   INSERT INTO blob_damage (digest, kind, size) VALUES ($1, $2, $3)
   ON CONFLICT (digest) DO UPDATE SET kind = excluded.kind, creation_time = now()`,
);
const revive = statement('scrub_revive', "UPDATE blob SET status = 'live', update_time = now() WHERE digest = $1");
const listMissing = statement(
  'scrub_missing',
  `SELECT digest, kind, size AS "sizeBytes" FROM blob_damage WHERE kind = 'missing' AND digest > $1 ORDER BY digest LIMIT 100`,
);
const forgetDamage = statement(
  'scrub_damage_forget',
  `DELETE FROM blob_damage damage
    WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.digest = damage.digest AND blob.status = 'quarantined')
   RETURNING digest, kind, size AS "sizeBytes",
             EXISTS (SELECT 1 FROM blob WHERE blob.digest = damage.digest) AS "isHealed"`,
);
const namedBy = statement(
  'scrub_named_by',
  `SELECT DISTINCT repository_name AS name FROM artifact
    WHERE id IN (SELECT artifact_id FROM artifact_blob WHERE digest_blob = $1) ORDER BY name LIMIT 5`,
);
const readPayload = statement('scrub_payload', 'SELECT payload FROM manifest WHERE digest = $1');

export const countRows = (db: Sql): Promise<StoredCounts> => db.one<StoredCounts>(countStored());

/** Rows of blobs whose digests begin with a folder's name, in order, after one of them. */
export const blobRows = (db: Sql, folder: string, after: string, limit: number): Promise<BlobRow[]> =>
  // After any hexadecimal digit.
  db.rows<BlobRow>(rowsBetween(after, `${folder}g`, limit));

export async function digestsOfUnusedMembers(db: Sql, digests: readonly string[]): Promise<string[]> {
  return (await db.rows<{ digest: string }>(unusedMembers(digests))).map(({ digest }) => digest);
}

/** Those of the digests that neither a blob nor a manifest has. */
export async function unknownDigests(db: Sql, digests: readonly Digest[]): Promise<Digest[]> {
  return (await db.rows<{ digest: Digest }>(unknownAmong(digests))).map(({ digest }) => digest);
}

/** What projects are charged for, in order, after one of them. */
export const chargesFrom = (db: Sql, projectId: number, digest: string, limit: number): Promise<Charge[]> =>
  db.rows<Charge>(chargesAfter(projectId, digest, limit));

/** Has the collector look at blobs with its next round. */
export const reviewNow = (db: Database, digests: readonly string[]): Promise<void> =>
  db.transaction((tx) => scheduleReviews(tx, digests, 0, 'found unused by a scrub'));

/**
 * Does something about a digest while no commit of it can be under way.
 * @param work is told what blob has it; null when none has, and none will as long as it works
 */
export async function underLock<T>(tx: Sql, digest: Digest, work: (blob: LockedBlob | null) => Promise<T>): Promise<T> {
  // What is in the way may be purged before it can be held.
  for (let tries = 0; tries < 3; tries += 1) {
    if ((await tx.run(reserve(digest))) === 1) {
      const outcome = await work(null);
      await tx.run(free(digest));
      return outcome;
    }
    const blob = await tx.maybe<LockedBlob>(lockBlob(digest));
    if (blob !== null) return work(blob);
  }
  throw Errors.unavailable(`${digest} is being pushed and purged at the same time`);
}

export const factsOf = (tx: Sql, digest: Digest): Promise<{ isManifest: boolean; hasReview: boolean }> =>
  tx.one<{ isManifest: boolean; hasReview: boolean }>(readFacts(digest));

/** Nobody can name the blob from now on, and who pushes it is told to upload it. */
export async function recordDamage(tx: Sql, { digest, kind, sizeBytes }: Damage): Promise<void> {
  await tx.run(setAside(digest, kind, sizeBytes));
  const reason = kind === 'corrupt' ? 'its file holds other bytes' : 'its file is gone';
  await recordStep(tx, 'damaged', reason, digest, sizeBytes);
}

export async function recordRevival(tx: Sql, digest: Digest): Promise<void> {
  await tx.run(revive(digest));
}

/** Blobs that were set aside because their file was gone, in order, after one of them. */
export const missingAfter = (db: Sql, digest: string): Promise<Damage[]> => db.rows<Damage>(listMissing(digest));

/** Forgets damage that a push has mended, or that nothing names any more. @returns what was mended */
export async function settleDamage(db: Database): Promise<Damage[]> {
  return db.transaction(async (tx) => {
    const settled = await tx.rows<Damage & { isHealed: boolean }>(forgetDamage());
    const healed = settled.filter(({ isHealed }) => isHealed);
    for (const { digest, sizeBytes } of healed)
      await recordStep(tx, 'healed', 'its bytes are there again', digest, sizeBytes);
    return healed;
  });
}

/** Some of the repositories with an artifact that names a blob. */
export async function repositoriesOf(db: Sql, digest: Digest): Promise<string[]> {
  return (await db.rows<{ name: string }>(namedBy(digest))).map(({ name }) => name);
}

/** A manifest as it was pushed; null when there is none. */
export async function manifestPayload(db: Sql, digest: Digest): Promise<Buffer | null> {
  return (await db.maybe<{ payload: Buffer }>(readPayload(digest)))?.payload ?? null;
}

export const recordStep = (
  tx: Sql,
  step: 'damaged' | 'healed' | 'quarantined' | 'purged' | 'restored' | 'unlinked',
  reason: string,
  digest: string,
  sizeBytes: number,
): Promise<void> => recordLedger(tx, { step, reason, digest, sizeBytes, repositoryName: '', actor: 'system' });
