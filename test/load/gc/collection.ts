import { eventually } from '../../harness/eventually.ts';
import type { OwnPlatform } from '../../harness/own-platform.ts';

/** What a collection of seeded garbage took. */
export interface Taken {
  seconds: number;
  /** Committed by anybody while it went on; the collector's are nearly all. */
  transactions: number;
  /** Read from tables and indexes. */
  rows: number;
}

interface Work {
  transactions: number;
  rows: number;
}

/** Has all that waits looked at from now on, by a collection that somebody asks for. */
export async function release(platform: OwnPlatform): Promise<void> {
  await platform.withDatabase((database) => database.query('UPDATE blob_review SET not_before = now()'));
  const schedule = { schedule: { type: 'Manual' }, parameters: {} };
  (await platform.api('POST', '/system/gc/schedule', schedule)).expect(201);
}

/** Until nothing is left to be looked at. */
export async function settled(platform: OwnPlatform): Promise<void> {
  await platform.withDatabase((database) =>
    eventually(
      'nothing is left to be looked at',
      async () => ((await database.query('SELECT FROM blob_review LIMIT 1')).rowCount === 0 ? true : undefined),
      { timeoutMs: 900_000, everyMs: 100 },
    ),
  );
}

/** Collects all that waits, and says what that took. */
export async function collect(platform: OwnPlatform): Promise<Taken> {
  const before = await workOf(platform);
  const began = performance.now();
  await release(platform);
  await settled(platform);
  const seconds = (performance.now() - began) / 1_000;
  const after = await workOf(platform);
  return { seconds, transactions: after.transactions - before.transactions, rows: after.rows - before.rows };
}

async function workOf(platform: OwnPlatform): Promise<Work> {
  return platform.withDatabase(async (database) => {
    const { rows } = await database.query<Record<keyof Work, string>>(
      `SELECT xact_commit AS transactions, tup_returned + tup_fetched AS rows FROM pg_stat_database WHERE datname = current_database()`,
    );
    return { transactions: Number(rows[0]?.transactions), rows: Number(rows[0]?.rows) };
  });
}
