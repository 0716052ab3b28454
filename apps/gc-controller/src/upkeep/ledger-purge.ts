import { statement, type Sql } from '@haven/models';

const batchSize = 5_000;

/** Rows are numbered as they come, so that a look at the first ones is enough, however long the ledger is. */
const purgeBatch = statement(
  'ledger_purge',
  `WITH first AS (SELECT id, creation_time FROM ledger ORDER BY id LIMIT ${batchSize})
   DELETE FROM ledger USING first
    WHERE ledger.id = first.id AND first.creation_time < now() - make_interval(days => $1)`,
);

/** Forgets what the ledger says of longer ago, batch by batch. @returns how many rows went */
export async function purgeLedger(db: Sql, days: number, signal: AbortSignal): Promise<number> {
  for (let purged = 0; ;) {
    signal.throwIfAborted();
    const batch = await db.run(purgeBatch(days));
    purged += batch;
    if (batch < batchSize) return purged;
  }
}
