import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate, type DatabaseSettings } from '@haven/models';
import pg from 'pg';

const insufficientPrivilege = '42501';

export interface TestDatabase {
  settings: DatabaseSettings;
  /** Removes the database. */
  drop(): Promise<void>;
}

/** The server that tests may make databases on: `HAVEN_TEST_DATABASE_URL`, which `./haven test` sets. */
function serverSettings(): DatabaseSettings {
  const given = process.env['HAVEN_TEST_DATABASE_URL'];
  if (given === undefined) {
    throw new Error(
      'HAVEN_TEST_DATABASE_URL is not set: run ./haven test, or name a PostgreSQL role that may create databases',
    );
  }
  const url = new URL(given);
  return {
    host: url.hostname,
    port: Number(url.port),
    name: url.pathname.slice(1),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

async function onServer(statement: string): Promise<void> {
  const { name, ...rest } = serverSettings();
  const client = new pg.Client({ ...rest, database: name });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The server's own housekeeping may be in it, whose connection only the server ends: that takes a moment. */
async function dropDatabase(name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      return;
    } catch (error) {
      const isHousekeeping = Error.isError(error) && 'code' in error && error.code === insufficientPrivilege;
      if (!isHousekeeping || tries === 100) throw error;
      await delay(100);
    }
  }
}

/** A database of its own for one test file, with the whole schema. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `haven_test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const settings = { ...serverSettings(), name };
  await migrate(settings);
  return { settings, drop: () => dropDatabase(name) };
}
