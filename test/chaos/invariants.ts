import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { OwnPlatform } from '../harness/own-platform.ts';

/** What is wrong with a platform that nobody uses at the moment, one line each. Looks at rows and files themselves. */
export async function findFaults(platform: OwnPlatform): Promise<string[]> {
  return platform.withDatabase(async (database) => [
    ...(await missingFiles(platform, database)),
    ...(await wrongCharges(database)),
    ...(await brokenManifests(database)),
  ]);
}

/** What is left of pushes that never ended, after a purge. */
export async function findLeftovers(platform: OwnPlatform): Promise<string[]> {
  return platform.withDatabase(async (database) => [
    ...(await rowsOf(database, 'upload session', 'SELECT id::text AS what FROM blob_upload')),
    ...(await rowsOf(
      database,
      'membership that no manifest has named',
      'SELECT repository_id || digest AS what FROM repository_blob WHERE pending',
    )),
    ...(await rowsOf(
      database,
      'repository without a manifest',
      'SELECT name AS what FROM repository WHERE NOT listed AND repository_id NOT IN (SELECT repository_id FROM artifact)',
    )),
    ...(await rowsOf(
      database,
      'blob that nobody names and nobody will look at',
      `SELECT digest AS what FROM blob
        WHERE digest NOT IN (SELECT digest FROM repository_blob)
          AND digest NOT IN (SELECT digest_blob FROM artifact_blob)
          AND digest NOT IN (SELECT digest FROM blob_review)`,
    )),
    ...(await strayFiles(platform, database)),
    ...(await list(join(platform.data, 'storage/uploads'))).map((name) => `file of an upload: ${name}`),
  ]);
}

/** Path of a blob's bytes in distribution's layout. */
export function blobPath(platform: OwnPlatform, digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return join(platform.data, 'storage/docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data');
}

async function missingFiles(platform: OwnPlatform, database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ digest: string; size: string }>(
    `SELECT digest, size FROM blob WHERE status = 'live'`,
  );
  const faults: string[] = [];
  for (const { digest, size } of rows) {
    const found = await stat(blobPath(platform, digest)).catch(() => undefined);
    if (found?.size !== Number(size))
      faults.push(`a row of ${size} bytes names ${digest}, whose file has ${found?.size}`);
  }
  return faults;
}

/** What a project is charged for, row by row and in sum, against what its artifacts and waiting blobs say. */
async function wrongCharges(database: pg.Client): Promise<string[]> {
  const due = `
    SELECT edge.project_id, edge.digest_blob AS digest, blob.size
      FROM artifact_blob edge JOIN artifact ON artifact.id = edge.artifact_id
      JOIN blob ON blob.digest = edge.digest_blob
    UNION
    SELECT artifact.project_id, manifest.digest, octet_length(manifest.payload)
      FROM artifact JOIN manifest USING (digest)
    UNION
    SELECT repository.project_id, member.digest, blob.size
      FROM repository_blob member JOIN repository USING (repository_id) JOIN blob ON blob.digest = member.digest
     WHERE member.pending`;
  const charged = 'SELECT project_id, digest, size FROM project_blob';
  const describe = `format('project %s, %s, %s bytes', project_id, digest, size) AS what`;
  return [
    ...(await rowsOf(database, 'charged for nothing', `SELECT ${describe} FROM (${charged} EXCEPT (${due})) wrong`)),
    ...(await rowsOf(database, 'not charged for', `SELECT ${describe} FROM ((${due}) EXCEPT ${charged}) wrong`)),
    ...(await rowsOf(
      database,
      'sum that is wrong',
      `SELECT format('project %s: booked %s, counted %s', project_id, booked, counted) AS what FROM (
         SELECT project_id,
                used_bytes + coalesce((SELECT sum(bytes) FROM quota_delta d WHERE d.project_id = u.project_id), 0) AS booked,
                coalesce((SELECT sum(size) FROM project_blob p WHERE p.project_id = u.project_id), 0) AS counted
           FROM quota_usage u) sums
        WHERE booked <> counted`,
    )),
  ];
}

async function brokenManifests(database: pg.Client): Promise<string[]> {
  return [
    ...(await rowsOf(
      database,
      'manifest whose bytes have another digest',
      `SELECT digest AS what FROM manifest WHERE digest LIKE 'sha256:%' AND digest <> 'sha256:' || encode(sha256(payload), 'hex')`,
    )),
    ...(await rowsOf(
      database,
      'artifact without a manifest, or without one of its blobs',
      `SELECT artifact.digest AS what FROM artifact
        WHERE digest NOT IN (SELECT digest FROM manifest)
           OR EXISTS (SELECT 1 FROM artifact_blob WHERE artifact_id = artifact.id
                         AND digest_blob NOT IN (SELECT digest FROM blob WHERE status = 'live'))`,
    )),
  ];
}

/** Bytes that no row names, and that nobody will look at. */
async function strayFiles(platform: OwnPlatform, database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ digest: string }>(
    // Manifests lie there too, for a stock registry to find.
    'SELECT digest FROM blob UNION SELECT digest FROM blob_review UNION SELECT digest FROM manifest',
  );
  const known = new Set(rows.map(({ digest }) => digest));
  const folder = join(platform.data, 'storage/docker/registry/v2/blobs/sha256');
  const stray: string[] = [];
  for (const prefix of await list(folder)) {
    for (const hex of await list(join(folder, prefix))) {
      const hasData = await access(join(folder, prefix, hex, 'data')).then(
        () => true,
        () => false,
      );
      if (hasData && !known.has(`sha256:${hex}`)) stray.push(`bytes that no row names: sha256:${hex}`);
    }
  }
  return stray;
}

const list = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function rowsOf(database: pg.Client, fault: string, query: string): Promise<string[]> {
  const { rows } = await database.query<{ what: string }>(query);
  return rows.map(({ what }) => `${fault}: ${what}`);
}
