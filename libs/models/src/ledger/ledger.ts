import { statement, type Sql } from '../database/sql.js';

/** Steps in the life of a digest (design: live → trash → garbage → quarantine → purged). */
export type LedgerStep = 'uploaded' | 'mounted' | 'live' | 'trashed' | 'unlinked' | 'purged';

export interface LedgerEntry {
  digest: string;
  step: LedgerStep;
  /** Why, for whoever asks later what became of these bytes. */
  reason: string;
  repositoryName: string;
  actor: string;
  sizeBytes: number;
}

const insert = statement(
  'ledger_insert',
  `INSERT INTO ledger (digest, step, reason, repository_name, actor, size)
   VALUES ($1, $2, left($3, 255), $4, left($5, 255), $6)`,
);

/** Writes one step, in the transaction that takes it. */
export async function recordLedger(tx: Sql, entry: LedgerEntry): Promise<void> {
  await tx.run(insert(entry.digest, entry.step, entry.reason, entry.repositoryName, entry.actor, entry.sizeBytes));
}
