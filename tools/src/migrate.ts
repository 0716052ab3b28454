import { run, type Command } from './command.ts';
import { serviceFile, type DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import type { Owner } from './owner.ts';
import { logFile, tailOf } from './supervisor.ts';

/** What `apps/core/dist/migrate.js` says about the database when it is done. */
export interface MigrationResult {
  schemaVersion: number;
  /** Whether the user admin still has the password that everybody knows. */
  defaultAdminPassword: boolean;
}

/** Brings the schema up to date; quick when it already is. The output is kept in migrate.log. */
export async function migrate(command: Command, data: DataFolder, owner: Owner): Promise<MigrationResult> {
  const { code, stdout, output } = await run(command);
  serviceFile(logFile(data, 'migrate'), output, owner);
  const result = code === 0 ? parseMigrationResult(stdout) : undefined;
  if (result !== undefined) return result;
  throw new Failure(`the database migration failed. Its last log lines:\n${tailOf(logFile(data, 'migrate'))}`);
}

/** Finds the result among the log lines. */
export function parseMigrationResult(stdout: string): MigrationResult | undefined {
  return stdout
    .split('\n')
    .map(parseLine)
    .findLast((line) => line !== undefined);
}

function parseLine(line: string): MigrationResult | undefined {
  try {
    const value = JSON.parse(line) as Partial<MigrationResult> | null;
    const { schemaVersion, defaultAdminPassword } = value ?? {};
    if (schemaVersion === undefined || defaultAdminPassword === undefined) return undefined;
    return { schemaVersion, defaultAdminPassword };
  } catch {
    return undefined; // Not JSON.
  }
}
