import { AppError } from '@haven/errors';
import { sql, statement, type Sql } from '../database/sql.js';
import { formatBytes } from './format-bytes.js';

export interface ChargedItem {
  digest: string;
  sizeBytes: number;
}

const insertCharges = statement(
  'quota_charge',
  `INSERT INTO project_blob (project_id, digest, size)
   SELECT $1, item.digest, item.size
     FROM unnest($2::text[], $3::bigint[]) AS item (digest, size) ORDER BY item.digest
   ON CONFLICT DO NOTHING RETURNING digest, size`,
);
/** Shared: pushes do not wait for each other, but a release of the same digest waits for them. */
const holdCharges = statement(
  'quota_hold',
  'SELECT digest FROM project_blob WHERE project_id = $1 AND digest = ANY($2) ORDER BY digest FOR KEY SHARE',
);
const insertDelta = statement('quota_delta_insert', 'INSERT INTO quota_delta (project_id, bytes) VALUES ($1, $2)');

async function chargeRound(
  tx: Sql,
  projectId: number,
  items: readonly ChargedItem[],
): Promise<{ added: number; count: number }> {
  const digests = items.map((item) => item.digest);
  const sizes = items.map((item) => item.sizeBytes);
  const added = await tx.rows<{ size: number }>(insertCharges(projectId, digests, sizes));
  return { added: added.reduce((sum, row) => sum + row.size, 0), count: added.length };
}

/**
 * Charges a project for digests that it does not have yet. The caller writes what refers to them in the same transaction.
 * @returns bytes added; pass them to `settleQuota` as the last step of the transaction
 */
export async function chargeProject(tx: Sql, projectId: number, items: readonly ChargedItem[]): Promise<number> {
  if (items.length === 0) return 0;
  const { added, count } = await chargeRound(tx, projectId, items);
  // What this transaction has added nobody else can release.
  if (count === new Set(items.map((item) => item.digest)).size) return added;
  // A digest that was there may be under release: wait for that, and charge it again if it went.
  const held = await tx.rows<{ digest: string }>(
    holdCharges(
      projectId,
      items.map((item) => item.digest),
    ),
  );
  const heldDigests = new Set(held.map((row) => row.digest));
  const gone = items.filter((item) => !heldDigests.has(item.digest));
  return gone.length === 0 ? added : added + (await chargeRound(tx, projectId, gone)).added;
}

const lockCharges = statement(
  'quota_release_lock',
  'SELECT digest FROM project_blob WHERE project_id = $1 AND digest = ANY($2) ORDER BY digest FOR UPDATE',
);
const deleteCharges = statement(
  'quota_release',
  `DELETE FROM project_blob charged
    WHERE project_id = $1 AND digest = ANY($2)
      AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.digest = charged.digest AND artifact.project_id = $1)
      AND NOT EXISTS (SELECT 1 FROM artifact_blob edge JOIN artifact ON artifact.id = edge.artifact_id
                       WHERE edge.digest_blob = charged.digest AND edge.project_id = $1)
      AND NOT EXISTS (SELECT 1 FROM repository_blob member JOIN repository USING (repository_id)
                       WHERE member.digest = charged.digest AND member.pending AND repository.project_id = $1)
   RETURNING size`,
);

/** Stops charging a project for those of the digests that nothing live in it needs any more. @returns bytes freed */
export async function releaseProject(tx: Sql, projectId: number, digests: readonly string[]): Promise<number> {
  if (digests.length === 0) return 0;
  await tx.rows(lockCharges(projectId, digests));
  // A statement of its own: it sees what others committed while the lock was waited for.
  const freed = await tx.rows<{ size: number }>(deleteCharges(projectId, digests));
  const bytes = freed.reduce((sum, row) => sum + row.size, 0);
  if (bytes !== 0) await tx.run(insertDelta(projectId, -bytes));
  return bytes;
}

/** The limit that counts: none while limits are switched off for the whole platform. */
const limit = `SELECT hard_bytes AS "hardBytes" FROM quota WHERE project_id = $1 AND hard_bytes >= 0
  AND NOT EXISTS (SELECT 1 FROM properties WHERE k = 'quota_per_project_enable' AND v = 'false')`;
const readLimit = statement('quota_limit', limit);
const bookDelta = statement(
  'quota_book',
  `WITH held AS (${limit} FOR UPDATE OF quota), booked AS (INSERT INTO quota_delta (project_id, bytes) VALUES ($1, $2))
   SELECT "hardBytes" FROM held`,
);
const readUsed = statement(
  'quota_used',
  `SELECT (coalesce((SELECT used_bytes FROM quota_usage WHERE project_id = $1), 0)
         + coalesce((SELECT sum(bytes) FROM quota_delta WHERE project_id = $1), 0))::bigint AS used`,
);

/** Bytes a project is charged for at this moment. */
export async function readUsedBytes(db: Sql, projectId: number): Promise<number> {
  return (await db.one<{ used: number }>(readUsed(projectId))).used;
}

/**
 * Books added bytes and holds them against the project's limit. The last step of a transaction: the quota row is locked
 * only here, and only where a limit is set.
 * @throws AppError DENIED with Harbor's message
 */
export async function settleQuota(tx: Sql, projectId: number, addedBytes: number): Promise<void> {
  if (addedBytes === 0) return;
  const limit = await tx.maybe<{ hardBytes: number }>(bookDelta(projectId, addedBytes));
  if (limit !== null) assertWithin((await readUsedBytes(tx, projectId)) - addedBytes, addedBytes, limit.hardBytes);
}

/**
 * Refuses early what `settleQuota` would refuse at the end, without locking anything: an upload into a project that is full
 * already, before any byte is sent. @throws AppError DENIED
 */
export async function assertQuotaLeft(db: Sql, projectId: number, neededBytes = 1): Promise<void> {
  const row = await db.maybe<{ hardBytes: number }>(readLimit(projectId));
  if (row !== null) assertWithin(await readUsedBytes(db, projectId), neededBytes, row.hardBytes);
}

/** A push that a project has no room for; to clients it is DENIED like any other refusal. */
class QuotaExceededError extends AppError {
  constructor(message: string) {
    super('DENIED', { message });
  }
}

export const isQuotaExceeded = (error: unknown): error is AppError => error instanceof QuotaExceededError;

function assertWithin(usedBytes: number, addedBytes: number, hardBytes: number): void {
  if (usedBytes + addedBytes <= hardBytes) return;
  throw new QuotaExceededError(
    `adding ${formatBytes(addedBytes)} of storage resource, which when updated to current usage of ` +
      `${formatBytes(usedBytes)} will exceed the configured upper limit of ${formatBytes(hardBytes)}.`,
  );
}

/** One folder at a time: two would lock the rows of several projects in different orders. */
const fold = statement(
  'quota_fold',
  `WITH folded AS (DELETE FROM quota_delta WHERE id IN (SELECT id FROM quota_delta ORDER BY id LIMIT $1)
                      AND (SELECT pg_try_advisory_xact_lock(7211002)) RETURNING project_id, bytes),
     sums AS (SELECT project_id, sum(bytes)::bigint AS bytes FROM folded GROUP BY project_id)
   UPDATE quota_usage SET used_bytes = used_bytes + sums.bytes, update_time = now()
     FROM sums WHERE quota_usage.project_id = sums.project_id`,
);

/** Adds the collected deltas up into quota_usage. Any number of replicas may try at any time. */
export async function foldQuota(db: Sql, limit = 10_000): Promise<void> {
  await db.run(fold(limit));
}

/** What a project should be charged for, by the edges: its manifests, what they name, and uploads that none has named yet. */
const explained = `
  SELECT digest, octet_length(payload)::bigint AS size FROM manifest
   WHERE digest IN (SELECT digest FROM artifact WHERE project_id = $1)
  UNION
  SELECT digest, size FROM blob WHERE digest IN (
    SELECT digest_blob FROM artifact_blob JOIN artifact ON artifact.id = artifact_id WHERE artifact.project_id = $1
    UNION
    SELECT digest FROM repository_blob JOIN repository USING (repository_id) WHERE project_id = $1 AND pending)`;

/** What a project should be charged for, counted anew from the edges: the proof of the running figure. */
export async function recomputeUsedBytes(db: Sql, projectId: number): Promise<number> {
  const query = `SELECT coalesce(sum(size), 0)::bigint AS used FROM (${explained}) AS charged`;
  return (await db.one<{ used: number }>(sql(query, projectId))).used;
}

/**
 * Puts the charges of a project right, and its running figure with them, while pushes go on. Where all is right nothing
 * changes. The figure is compared in one statement: whoever changes a charge books it in the same transaction.
 */
export async function repairUsedBytes(tx: Sql, projectId: number): Promise<void> {
  const charge = `INSERT INTO project_blob (project_id, digest, size)
    SELECT $1, digest, size FROM (${explained}) AS due ORDER BY digest ON CONFLICT DO NOTHING`;
  await tx.run(sql(charge, projectId));
  // Only these are locked: a push waits for the charges of what it brings, and those that are due stay free.
  const undue = await tx.rows<{ digest: string }>(
    sql(
      `SELECT digest FROM project_blob WHERE project_id = $1 EXCEPT SELECT digest FROM (${explained}) AS due`,
      projectId,
    ),
  );
  await releaseProject(
    tx,
    projectId,
    undue.map(({ digest }) => digest),
  );
  const settle = `INSERT INTO quota_delta (project_id, bytes)
    SELECT $1, difference FROM (
      SELECT coalesce((SELECT sum(size) FROM project_blob WHERE project_id = $1), 0)
           - coalesce((SELECT used_bytes FROM quota_usage WHERE project_id = $1), 0)
           - coalesce((SELECT sum(bytes) FROM quota_delta WHERE project_id = $1), 0) AS difference) AS compared
     WHERE difference <> 0`;
  await tx.run(sql(settle, projectId));
}
