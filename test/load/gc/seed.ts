import { hash } from 'node:crypto';
import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import type { OwnPlatform } from '../../harness/own-platform.ts';
import { eachOf } from '../speed/client.ts';

/** Layers of each image; its manifest comes on top. */
const layers = 10;
const blobsAtOnce = 100_000;
const garbageBytes = 100;

const project = 2;
const digestSql = (text: string): string => `'sha256:' || encode(sha256(${text}::bytea), 'hex')`;

/** Fills the rows of so many blobs that images use: none of them is looked at by a collector, and none has a file. */
export async function seedUsed(database: pg.Client, blobs: number): Promise<void> {
  await database.query(
    `INSERT INTO project (project_id, owner_id, name) VALUES (${project}, 1, 'bench');
     INSERT INTO quota (project_id) VALUES (${project});
     INSERT INTO quota_usage (project_id) VALUES (${project});
     INSERT INTO repository (project_id, name, listed) SELECT ${project}, 'bench/app-' || n, true FROM generate_series(0, 99) AS n`,
  );
  for (let from = 0; from < blobs; from += blobsAtOnce) {
    await seedPart(database, from, Math.min(from + blobsAtOnce, blobs));
  }
  await database.query(`SELECT setval(pg_get_serial_sequence('artifact', 'id'), (SELECT max(id) FROM artifact))`);
  await database.query(`SELECT setval(pg_get_serial_sequence('project', 'project_id'), ${project})`);
  await database.query('VACUUM (ANALYZE)');
}

async function seedPart(database: pg.Client, from: number, to: number): Promise<void> {
  const images = `FROM generate_series(${from / layers}, ${to / layers - 1}) AS i
    JOIN repository ON repository.name = 'bench/app-' || i % 100`;
  const blobs = `FROM generate_series(${from}, ${to - 1}) AS n
    JOIN repository ON repository.name = 'bench/app-' || (n / ${layers}) % 100`;
  await database.query(
    `INSERT INTO manifest (digest, media_type, payload)
     SELECT ${digestSql(`('image' || i)`)}, 'application/vnd.oci.image.manifest.v1+json', '{}' ${images};
     INSERT INTO artifact (id, project_id, repository_id, repository_name, digest, type, media_type, manifest_media_type, size)
     SELECT i + 1, ${project}, repository_id, repository.name, ${digestSql(`('image' || i)`)}, 'IMAGE',
            'application/vnd.oci.image.config.v1+json', 'application/vnd.oci.image.manifest.v1+json', 10000000 ${images};
     INSERT INTO blob (digest, size) SELECT ${digestSql(`('blob' || n)`)}, 1000000 ${blobs};
     INSERT INTO repository_blob (repository_id, digest, lease_until, pending)
     SELECT repository_id, ${digestSql(`('blob' || n)`)}, now(), false ${blobs};
     INSERT INTO artifact_blob (artifact_id, digest_blob, repository_id, project_id)
     SELECT n / ${layers} + 1, ${digestSql(`('blob' || n)`)}, repository_id, ${project} ${blobs};
     INSERT INTO project_blob (project_id, digest, size) SELECT ${project}, ${digestSql(`('blob' || n)`)}, 1000000 ${blobs}`,
  );
}

/** Makes blobs, rows and files, that nothing names; they are looked at when `release` says so. */
export async function seedGarbage(platform: OwnPlatform, round: number, count: number): Promise<void> {
  const storage = join(platform.data, 'storage');
  const { uid, gid } = await stat(storage);
  const own = (path: string): Promise<void> => chown(path, uid, gid);
  const digests = Array.from({ length: count }, (_, n) => {
    const bytes = Buffer.alloc(garbageBytes, `garbage ${round} ${n} `);
    return { bytes, hex: hash('sha256', bytes, 'hex') };
  });
  await eachOf(digests, 16, async ({ bytes, hex }) => {
    const file = join(storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
    const made = await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await own(file);
    for (let folder = dirname(file); made !== undefined && folder.startsWith(made); folder = dirname(folder)) {
      await own(folder);
    }
  });
  await platform.withDatabase(async (database) => {
    const all = [digests.map(({ hex }) => `sha256:${hex}`)];
    await database.query(
      `INSERT INTO blob (digest, size) SELECT digest, ${garbageBytes} FROM unnest($1::text[]) AS digest`,
      all,
    );
    await database.query(
      `INSERT INTO blob_review (digest, not_before, reason)
       SELECT digest, now() + interval '1 day', 'bench' FROM unnest($1::text[]) AS digest`,
      all,
    );
  });
}
