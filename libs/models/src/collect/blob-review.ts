import { statement, type Sql } from '../database/sql.js';
import { recordLedger } from '../ledger/ledger.js';
import { appendOutbox } from '../outbox/outbox.js';
import { releaseProject } from '../quota/quota.js';

/** A blob to look at, claimed for a minute. */
export interface ClaimedReview {
  digest: string;
  /** What the row said when it was claimed, with all its microseconds: another value means that it was asked for again. */
  notBefore: string;
}

/** Bytes of a blob on their way out; each step may be repeated. */
export interface BlobRemoval {
  /** Takes the bytes out of their place, to where `putBack` and the unlink find them. @returns whether there were any */
  takeAway(digest: string): Promise<boolean>;
  /** Puts bytes back that were taken away, unless they have been pushed anew. */
  putBack(digest: string): Promise<void>;
}

export interface ReviewRules {
  /** Whether a blob whose manifests are gone is kept for the rest of the lease of its upload. Without: as Harbor with no window. */
  keepsLeases: boolean;
}

export type ReviewOutcome =
  /** Something names it; nothing is to be done until that changes. */
  | 'kept'
  /** Somebody may still rely on it, or is at it: it is looked at again. */
  | 'postponed'
  | 'quarantined'
  /** The row is gone and the bytes are out of their place: they are to be unlinked. */
  | 'purged';

export interface Review {
  outcome: ReviewOutcome;
  sizeBytes: number;
}

const claim = statement(
  'review_claim',
  `UPDATE blob_review SET claimed_until = now() + interval '1 minute'
    WHERE digest IN (SELECT digest FROM blob_review
                      WHERE not_before <= now() AND (claimed_until IS NULL OR claimed_until < now())
                      ORDER BY not_before LIMIT $1 FOR UPDATE SKIP LOCKED)
   RETURNING digest, not_before::text AS "notBefore"`,
);

/** Claims blobs that are due, oldest first; any number of replicas share the work. Who dies with a claim loses it by time. */
export const claimReviews = (db: Sql, limit: number): Promise<ClaimedReview[]> => db.rows<ClaimedReview>(claim(limit));

/** Whatever time was set before: leases are asked for again at the review. */
const schedule = statement(
  'review_schedule',
  `INSERT INTO blob_review (digest, not_before, reason)
   SELECT digest, now() + make_interval(secs => $2), $3 FROM unnest($1::text[]) AS digest ORDER BY digest
   ON CONFLICT (digest) DO UPDATE SET not_before = excluded.not_before, claimed_until = NULL`,
);

/** Has blobs looked at, not before so many seconds are over: something that named them is gone. */
export async function scheduleReviews(
  tx: Sql,
  digests: readonly string[],
  delaySeconds: number,
  reason: string,
): Promise<void> {
  if (digests.length > 0) await tx.run(schedule(digests, delaySeconds, reason));
}

/** From here on nobody commits, mounts or names the blob: all of them hold its row. */
const lockBlob = statement('review_lock', 'SELECT size AS "sizeBytes", status FROM blob WHERE digest = $1 FOR UPDATE');
/** A push that is at a membership of its own is not waited for: it may be waiting for the blob. */
const lockMembers = statement(
  'review_members',
  `SELECT member.repository_id AS "repositoryId", repository.project_id AS "projectId", repository.name, member.pending,
          member.lease_until > now() AND (member.pending OR $2) AS "isLeased", member.lease_until::text AS "leaseUntil",
          EXISTS (SELECT 1 FROM artifact_blob JOIN artifact ON artifact.id = artifact_id
                   WHERE digest_blob = $1 AND artifact.repository_id = member.repository_id) AS "isNamed"
     FROM repository_blob member JOIN repository USING (repository_id)
    WHERE member.digest = $1 ORDER BY member.repository_id FOR UPDATE OF member SKIP LOCKED`,
);
/** A statement after the locks: it sees what they were waited for. */
const readFacts = statement(
  'review_facts',
  `SELECT (SELECT count(*) FROM repository_blob WHERE digest = $1)::int AS "memberCount",
          EXISTS (SELECT 1 FROM artifact_blob WHERE digest_blob = $1) AS "hasEdge",
          EXISTS (SELECT 1 FROM blob_review WHERE digest = $1 AND quarantined_at IS NOT NULL) AS "wasQuarantined"`,
);
const dropMembers = statement(
  'review_members_drop',
  'DELETE FROM repository_blob WHERE digest = $1 AND repository_id = ANY($2)',
);
const postpone = statement(
  'review_postpone',
  `UPDATE blob_review SET not_before = greatest($2::timestamptz, now() + interval '1 second'), claimed_until = NULL WHERE digest = $1`,
);
/** Asked for again meanwhile, it stays. */
const settle = statement('review_settle', 'DELETE FROM blob_review WHERE digest = $1 AND not_before = $2::timestamptz');
const quarantineBlob = statement(
  'review_quarantine',
  `WITH set_aside AS (UPDATE blob SET status = 'quarantined', update_time = now() WHERE digest = $1)
   UPDATE blob_review SET quarantined_at = now(), not_before = now(), claimed_until = NULL WHERE digest = $1`,
);
const removeBlob = statement(
  'review_purge',
  `DELETE FROM blob WHERE digest = $1
   RETURNING NOT EXISTS (SELECT 1 FROM manifest WHERE manifest.digest = $1) AS "ownsBytes"`,
);

/** Waits for a commit of the same digest that is under way; nothing is inserted when the digest has a row by now. */
const reserve = statement(
  'review_reserve',
  "INSERT INTO blob (digest, size, status) VALUES ($1, 0, 'purging') ON CONFLICT DO NOTHING",
);

interface Facts {
  memberCount: number;
  hasEdge: boolean;
  wasQuarantined: boolean;
}

interface Member {
  repositoryId: number;
  projectId: number;
  name: string;
  pending: boolean;
  isLeased: boolean;
  leaseUntil: string;
  isNamed: boolean;
}

/**
 * Looks at a blob under its lock and takes the one step that is due: keeps it, sets it aside, or takes its bytes away.
 * Memberships that nothing uses any more go whatever becomes of the blob. To be run in a transaction of its own.
 */
export async function reviewBlob(
  tx: Sql,
  review: ClaimedReview,
  rules: ReviewRules,
  removal: BlobRemoval,
): Promise<Review> {
  const { digest, notBefore } = review;
  const blob = await tx.maybe<{ sizeBytes: number; status: string }>(lockBlob(digest));
  if (blob === null) return takeUnnamed(tx, digest, removal);
  const { sizeBytes } = blob;
  const members = await tx.rows<Member>(lockMembers(digest, rules.keepsLeases));
  const { memberCount, hasEdge, wasQuarantined } = await tx.one<Facts>(readFacts(digest));
  if (members.length < memberCount) return postponed(tx, digest, sizeBytes, null);
  await drop(tx, digest, sizeBytes, members.filter(isUnused));
  // Taken away, by somebody whose transaction then failed, and pushed or relied on again since.
  if (wasQuarantined && blob.status === 'live') await removal.putBack(digest);
  if (hasEdge) {
    await tx.run(settle(digest, notBefore));
    return { outcome: 'kept', sizeBytes };
  }
  const leases = members.filter((member) => !isUnused(member)).map(({ leaseUntil }) => leaseUntil);
  if (leases.length > 0) return postponed(tx, digest, sizeBytes, leases.sort().at(-1) ?? null);
  return blob.status === 'live' ? quarantine(tx, digest, sizeBytes) : purge(tx, digest, sizeBytes, removal);
}

/** After a review that failed half-way: bytes that were taken away from a blob that is in use again come back. */
export async function recoverBlob(tx: Sql, digest: string, removal: Pick<BlobRemoval, 'putBack'>): Promise<void> {
  const blob = await tx.maybe<{ status: string }>(lockBlob(digest));
  if (blob?.status === 'live') await removal.putBack(digest);
}

/** Forgets a blob whose bytes are unlinked, unless it has been asked for again. */
export async function settleReview(db: Sql, { digest, notBefore }: ClaimedReview): Promise<void> {
  await db.run(settle(digest, notBefore));
}

const isUnused = ({ isNamed, isLeased }: Member): boolean => !isNamed && !isLeased;

async function postponed(tx: Sql, digest: string, sizeBytes: number, until: string | null): Promise<Review> {
  await tx.run(postpone(digest, until));
  return { outcome: 'postponed', sizeBytes };
}

async function drop(tx: Sql, digest: string, sizeBytes: number, unused: readonly Member[]): Promise<void> {
  if (unused.length === 0) return;
  await tx.run(
    dropMembers(
      digest,
      unused.map(({ repositoryId }) => repositoryId),
    ),
  );
  for (const { name: repositoryName } of unused) {
    const entry = { step: 'unlinked', reason: 'no manifest of the repository names it', actor: 'system' } as const;
    await recordLedger(tx, { ...entry, digest, repositoryName, sizeBytes });
    const payload = { repository: repositoryName, digest, blobDigests: [digest] };
    await appendOutbox(tx, ['projection'], { topic: 'blob.unlinked', payload });
  }
  const charged = new Set(unused.filter(({ pending }) => pending).map(({ projectId }) => projectId));
  for (const projectId of [...charged].sort((a, b) => a - b)) await releaseProject(tx, projectId, [digest]);
}

async function quarantine(tx: Sql, digest: string, sizeBytes: number): Promise<Review> {
  await tx.run(quarantineBlob(digest));
  await recordStep(tx, 'quarantined', 'nothing names it', digest, sizeBytes);
  return { outcome: 'quarantined', sizeBytes };
}

/** A file under the same digest may belong to a manifest as well: then the bytes stay. */
async function purge(tx: Sql, digest: string, sizeBytes: number, removal: BlobRemoval): Promise<Review> {
  const { ownsBytes } = await tx.one<{ ownsBytes: boolean }>(removeBlob(digest));
  await recordStep(tx, 'purged', ownsBytes ? 'nothing names it' : 'only a manifest has these bytes', digest, sizeBytes);
  if (ownsBytes) await removal.takeAway(digest);
  return { outcome: 'purged', sizeBytes: ownsBytes ? sizeBytes : 0 };
}

/** What a commit that was cut short has left in the place of a blob; or there is nothing, and only an unlink is due. */
async function takeUnnamed(tx: Sql, digest: string, removal: BlobRemoval): Promise<Review> {
  if ((await tx.run(reserve(digest))) === 0) return postponed(tx, digest, 0, null);
  const { ownsBytes } = await tx.one<{ ownsBytes: boolean }>(removeBlob(digest));
  if (ownsBytes && (await removal.takeAway(digest)))
    await recordStep(tx, 'purged', 'its upload was cut short', digest, 0);
  return { outcome: 'purged', sizeBytes: 0 };
}

const recordStep = (
  tx: Sql,
  step: 'quarantined' | 'purged',
  reason: string,
  digest: string,
  sizeBytes: number,
): Promise<void> => recordLedger(tx, { step, reason, digest, sizeBytes, repositoryName: '', actor: 'system' });
