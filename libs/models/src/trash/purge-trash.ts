import { scheduleReviews } from '../collect/blob-review.js';
import { statement, type Sql } from '../database/sql.js';
import { recordLedgerAll } from '../ledger/ledger.js';
import { forgetRepositories } from './repository-trash.js';

/** How long deleted artifacts can be brought back, by project metadata; without it, as the platform has it. 0 is not at all. */
export const trashDaysKey = 'trash_days';

export interface TrashRules {
  /** Of projects that do not say. */
  days: number;
  /** How long after that their blobs are left alone. */
  windowSeconds: number;
}

/** What was taken out of the trash for good. */
export interface PurgedTrash {
  artifacts: number;
  /** Digests of manifests that nothing has any more, whose files are to go too. */
  manifests: { digest: string; sizeBytes: number }[];
}

interface TrashRow {
  id: number;
  artifactId: number;
  digest: string;
  repositoryName: string;
  sizeBytes: number;
}

const columns = `trash.id, artifact_id AS "artifactId", digest, repository_name AS "repositoryName", size AS "sizeBytes"`;
/** The shortest time of any project first: it is what an index can be asked for. */
const findDue = statement(
  'trash_due',
  `SELECT ${columns} FROM artifact_trash trash
    WHERE emptied
       OR (trash.creation_time <= now() - make_interval(days => least($1, (
             SELECT min(value::int) FROM project_metadata WHERE name = '${trashDaysKey}' AND value ~ '^\\d{1,4}$')))
           AND trash.creation_time <= now() - make_interval(days => coalesce(
             (SELECT value::int FROM project_metadata kept
               WHERE kept.project_id = trash.project_id AND kept.name = '${trashDaysKey}' AND value ~ '^\\d{1,4}$'), $1)))
    ORDER BY trash.creation_time, trash.id LIMIT $2 FOR UPDATE SKIP LOCKED`,
);
const findAny = statement(
  'trash_any',
  `SELECT ${columns} FROM artifact_trash trash ORDER BY trash.creation_time, trash.id LIMIT $1 FOR UPDATE SKIP LOCKED`,
);
const markEmptied = statement(
  'trash_empty',
  'UPDATE artifact_trash SET emptied = true WHERE project_id = $1 AND NOT emptied',
);
const removeRows = statement('trash_remove', 'DELETE FROM artifact_trash WHERE id = ANY($1)');
const removeEdges = statement(
  'trash_edges_remove',
  'DELETE FROM artifact_blob WHERE artifact_id = ANY($1) RETURNING digest_blob AS digest',
);
const lockManifests = statement(
  'trash_manifests_lock',
  'SELECT digest FROM manifest WHERE digest = ANY($1) ORDER BY digest FOR UPDATE',
);
/** A statement after the lock: it sees the push that the lock was waited for. */
const removeManifests = statement(
  'trash_manifests_remove',
  `DELETE FROM manifest WHERE digest = ANY($1)
      AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.digest = manifest.digest)
      AND NOT EXISTS (SELECT 1 FROM artifact_trash WHERE artifact_trash.digest = manifest.digest)
   RETURNING digest, octet_length(payload) AS "sizeBytes"`,
);

/** Takes one batch of what has lain in the trash long enough. From then on it cannot be restored. */
export async function purgeDueTrash(tx: Sql, rules: TrashRules, limit: number): Promise<PurgedTrash> {
  const rows = await tx.rows<TrashRow>(findDue(rules.days, limit));
  return purge(tx, rows, rules.windowSeconds, 'lay in the trash long enough');
}

/** Takes one batch of the trash, however young. */
export async function purgeAnyTrash(tx: Sql, windowSeconds: number, limit: number): Promise<PurgedTrash> {
  return purge(tx, await tx.rows<TrashRow>(findAny(limit)), windowSeconds, 'trash emptied');
}

/** Gives up what a project has in the trash: it cannot be had back, and goes with the collector's next round. */
export const emptyTrash = (db: Sql, projectId: number): Promise<number> => db.run(markEmptied(projectId));

async function purge(tx: Sql, rows: readonly TrashRow[], windowSeconds: number, reason: string): Promise<PurgedTrash> {
  if (rows.length === 0) return { artifacts: 0, manifests: [] };
  await tx.run(removeRows(rows.map(({ id }) => id)));
  await forgetRepositories(tx, [...new Set(rows.map(({ repositoryName }) => repositoryName))]);
  // Manifests before reviews: a push that holds the one may wait for somebody who waits for the other.
  const manifests = await purgeManifests(tx, [...new Set(rows.map(({ digest }) => digest))]);
  const edges = await tx.rows<{ digest: string }>(removeEdges(rows.map(({ artifactId }) => artifactId)));
  await scheduleReviews(tx, [...new Set(edges.map(({ digest }) => digest))], windowSeconds, reason);
  await recordLedgerAll(
    tx,
    rows.map(({ digest, repositoryName, sizeBytes }) => {
      return { step: 'unlinked', reason, digest, repositoryName, sizeBytes, actor: 'system' } as const;
    }),
  );
  return { artifacts: rows.length, manifests };
}

async function purgeManifests(tx: Sql, digests: readonly string[]): Promise<PurgedTrash['manifests']> {
  await tx.rows(lockManifests(digests));
  const gone = await tx.rows<{ digest: string; sizeBytes: number }>(removeManifests(digests));
  const entry = {
    step: 'purged',
    reason: 'no artifact has this manifest',
    repositoryName: '',
    actor: 'system',
  } as const;
  await recordLedgerAll(
    tx,
    gone.map(({ digest, sizeBytes }) => ({ ...entry, digest, sizeBytes })),
  );
  return gone;
}
