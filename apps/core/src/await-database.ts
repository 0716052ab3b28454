import { setTimeout as delay } from 'node:timers/promises';
import { databaseSettings, readSettings } from '@haven/config';
import { Database, isSchemaCurrent, sql } from '@haven/models';

const pauseMs = 1_000;

/**
 * Waits until PostgreSQL answers and, with `--schema`, until somebody has brought its schema up to what this build needs. For how long is
 * up to whoever starts it. Says on standard error what it waits for, each reason once.
 */
async function main(): Promise<void> {
  const wantsSchema = process.argv.includes('--schema');
  const db = Database.connect(readSettings(databaseSettings), { applicationName: 'haven-await', connections: 1 });
  try {
    let said: string | null = null;
    for (;;) {
      const reason = await whatIsMissing(db, wantsSchema);
      if (reason === null) return;
      if (reason !== said) process.stderr.write(`waiting: ${reason}\n`);
      said = reason;
      await delay(pauseMs);
    }
  } finally {
    await db.close();
  }
}

async function whatIsMissing(db: Database, wantsSchema: boolean): Promise<string | null> {
  try {
    await db.one(sql('SELECT 1'));
    return !wantsSchema || (await isSchemaCurrent(db)) ? null : 'the schema is older than this version needs';
  } catch (error) {
    if (!Error.isError(error)) return String(error);
    return Error.isError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message;
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
