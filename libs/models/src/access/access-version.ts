import { statement, type Sql } from '../database/sql.js';

const bump = statement('access_version_bump', 'UPDATE access_version SET version = version + 1');
const read = statement('access_version_read', 'SELECT version FROM access_version');

/** Called in every transaction that changes who may do what: passwords, accounts, memberships, a project's visibility. */
export async function bumpAccessVersion(tx: Sql): Promise<void> {
  await tx.run(bump());
}

/** A remembered log-in holds only while this number is the one it was remembered with. */
export async function readAccessVersion(db: Sql): Promise<number> {
  return (await db.one<{ version: number }>(read())).version;
}
