import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { Database, isSchemaCurrent, sql } from '../src/index.js';

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 2 });
});
afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

describe('a schema', () => {
  const newest = sql('SELECT max(version) AS version FROM schema_migrations');

  it('is current after the migrations', async () => {
    expect(await isSchemaCurrent(db)).toBe(true);
  });

  it('is current for a build that is older than it', async () => {
    await db.run(sql('INSERT INTO schema_migrations (version) SELECT max(version) + 1 FROM schema_migrations'));
    expect(await isSchemaCurrent(db)).toBe(true);
    await db.run(sql('DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)'));
  });

  it('is not while a migration is missing, nor before the first', async () => {
    const { version } = await db.one<{ version: number }>(newest);
    await db.run(sql('DELETE FROM schema_migrations WHERE version = $1', version));
    expect(await isSchemaCurrent(db)).toBe(false);
    await db.run(sql('DROP TABLE schema_migrations'));
    expect(await isSchemaCurrent(db)).toBe(false);
  });
});
