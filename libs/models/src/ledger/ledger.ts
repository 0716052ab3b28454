import { statement, type Sql } from '../database/sql.js';

/** Steps in the life of a digest: live → trash → garbage → quarantine → purged; and what befalls its bytes meanwhile. */
export type LedgerStep =
  | 'uploaded'
  | 'mounted'
  | 'live'
  | 'trashed'
  | 'restored'
  | 'unlinked'
  | 'quarantined'
  | 'purged'
  /** Its file is gone, or holds other bytes. */
  | 'damaged'
  /** Its bytes are there again. */
  | 'healed';

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
   SELECT digest, step, left(reason, 255), "repositoryName", left(actor, 255), "sizeBytes"
     FROM jsonb_to_recordset($1)
       AS entry (digest text, step text, reason text, "repositoryName" text, actor text, "sizeBytes" bigint)`,
);

/** Writes one step, in the transaction that takes it. */
export const recordLedger = (tx: Sql, entry: LedgerEntry): Promise<void> => recordLedgerAll(tx, [entry]);

/** Writes any number of steps with one statement. */
export async function recordLedgerAll(tx: Sql, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length > 0) await tx.run(insert(JSON.stringify(entries)));
}
