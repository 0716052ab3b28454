import { databaseSettings, readSettings, settings } from '@haven/config';
import { ensureSigningKey, hashPassword, SecretBox, verifyPassword } from '@haven/auth';
import { Database, migrate, sql } from '@haven/models';

const defaultAdminPassword = 'Harbor12345';

/** Gives `admin` its first password; one that is set is left alone. */
async function ensureAdminPassword(db: Database, password: string): Promise<void> {
  const hash = await hashPassword(password);
  await db.run(sql("UPDATE harbor_user SET password = $1 WHERE user_id = 1 AND password = ''", hash));
}

async function hasDefaultPassword(db: Database): Promise<boolean> {
  const admin = await db.one<{ password: string }>(sql('SELECT password FROM harbor_user WHERE user_id = 1'));
  return verifyPassword(admin.password, defaultAdminPassword);
}

/** Prepares the database: schema, first password, signing key. Prints what it found as one JSON line. */
async function main(): Promise<void> {
  const database = readSettings(databaseSettings);
  const { secretKey, adminPassword } = readSettings({
    secretKey: settings.secretKey,
    adminPassword: settings.adminPassword,
  });
  const schemaVersion = await migrate(database);
  const db = Database.connect(database, { applicationName: 'haven-migrate', connections: 1 });
  try {
    await ensureAdminPassword(db, adminPassword);
    await ensureSigningKey(db, new SecretBox(secretKey));
    const report = { schemaVersion, defaultAdminPassword: await hasDefaultPassword(db) };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    await db.close();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
