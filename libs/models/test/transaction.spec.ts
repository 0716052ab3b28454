import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { Database, sql, sqlState, type Sql } from '../src/index.js';

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 2 });
  await db.run(sql('CREATE TABLE entry (name text PRIMARY KEY)'));
});
afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

const add = (tx: Sql, name: string): Promise<number> => tx.run(sql('INSERT INTO entry VALUES ($1)', name));
const names = async (): Promise<string[]> =>
  (await db.rows<{ name: string }>(sql('SELECT name FROM entry ORDER BY name'))).map(({ name }) => name);

describe('statements of a transaction that are sent together', () => {
  beforeEach(async () => {
    await db.run(sql('DELETE FROM entry'));
  });

  it('are done in their order', async () => {
    const counts = await db.transaction((tx) =>
      Promise.all([
        add(tx, 'a'),
        tx.run(sql(`UPDATE entry SET name = 'b'`)),
        add(tx, 'a'),
        tx.run(sql('UPDATE entry SET name = name || name')),
      ]),
    );
    expect(counts).toEqual([1, 1, 1, 2]);
    expect(await names()).toEqual(['aa', 'bb']);
  });

  it('fail for the reason of the first that failed, whichever is heard of first', async () => {
    const deeper = async (tx: Sql): Promise<number> => (await Promise.all([(async () => add(tx, 'a'))()]))[0];
    const work = (tx: Sql) => Promise.all([add(tx, 'a'), deeper(tx), add(tx, 'b')]);
    const failure = await db.transaction(work).catch((error: unknown) => error);
    expect(sqlState(failure)).toBe('23505');
    expect(await names()).toEqual([]);
  });

  it('leave nothing to be sent when one has failed', async () => {
    let late: Promise<unknown> | undefined;
    const goOn = async (tx: Sql): Promise<void> => {
      await tx.one(sql('SELECT pg_sleep(0)'));
      await Promise.resolve();
      late = new Promise((resolve) => setImmediate(resolve)).then(() => add(tx, 'late'));
      await late;
    };
    const work = (tx: Sql) => Promise.all([goOn(tx), tx.run(sql('SELECT 1 / 0'))]);
    await expect(db.transaction(work)).rejects.toMatchObject({ code: '22012' });
    await expect(late).rejects.toThrow();
    expect(await names()).toEqual([]);
  });
});

describe('a transaction that deadlocks', () => {
  /** What PostgreSQL says to the one of two that it gives up. */
  const deadlock = (tx: Sql) => tx.run(sql(`DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$`));

  it('is run again until it is through', async () => {
    let runs = 0;
    const result = await db.transaction(async (tx) => {
      runs += 1;
      if (runs < 4) await deadlock(tx);
      return runs;
    });
    expect(result).toBe(4);
  });

  it('is told to come back later when it never gets through', async () => {
    await expect(db.transaction(deadlock)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
