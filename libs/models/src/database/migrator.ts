import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { poolOptions, type DatabaseSettings } from './database.js';
import { sql, type Sql } from './sql.js';

const folder = new URL('../../migration/', import.meta.url);
/** Any number, as long as every replica uses the same one. */
const advisoryLock = 7_211_001;

interface Migration {
  version: number;
  name: string;
  sql: string;
}

/** The numbered SQL files, in order. Merged files are never changed; a new one is added. */
async function listMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      version: Number(name.slice(0, 4)),
      name,
      sql: await readFile(new URL(name, folder), 'utf8'),
    })),
  );
}

/**
 * Brings the schema up to date, each file in one transaction, under an advisory lock so that replicas may all try.
 * @returns the version of the schema afterwards
 */
export async function migrate(settings: DatabaseSettings): Promise<number> {
  const client = new pg.Client({
    ...poolOptions(settings, { applicationName: 'haven-migrate', connections: 1 }),
    // A migration may take its time, and may wait for the one of another replica.
    statement_timeout: 0,
    lock_timeout: 0,
  });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL DEFAULT false)',
    );
    const { rows } = await client.query<{ version: number }>(
      'SELECT coalesce(max(version), 0) AS version FROM schema_migrations',
    );
    let version = rows[0]?.version ?? 0;
    for (const migration of await listMigrations()) {
      if (migration.version <= version) continue;
      await client.query('BEGIN');
      await client.query(migration.sql);
      await client.query('INSERT INTO schema_migrations (version) VALUES ($1)', [migration.version]);
      await client.query('COMMIT');
      version = migration.version;
    }
    return version;
  } finally {
    // Ending the session rolls back what is open and frees the lock.
    await client.end();
  }
}

/** Whether the schema is as new as this build needs it; a newer one will do. */
export async function isSchemaCurrent(db: Sql): Promise<boolean> {
  const { exists } = await db.one<{ exists: boolean }>(
    sql("SELECT to_regclass('schema_migrations') IS NOT NULL AS exists"),
  );
  if (!exists) return false;
  const needed = (await listMigrations()).at(-1)?.version ?? 0;
  const { version } = await db.one<{ version: number }>(
    sql('SELECT coalesce(max(version), 0) AS version FROM schema_migrations'),
  );
  return version >= needed;
}
