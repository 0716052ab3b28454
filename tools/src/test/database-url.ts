import { readFileSync } from 'node:fs';
import type { DataFolder } from '../data-folder.ts';
import { databaseName, databaseRole } from '../postgres.part.ts';
import { secretFiles } from '../secrets.ts';

/** Address of a platform's database, password included, for tests that look into it. */
export function databaseUrl(data: DataFolder, port: number): string {
  const password = readFileSync(secretFiles(data).databasePassword, 'utf8');
  return `postgres://${databaseRole}:${password}@127.0.0.1:${port}/${databaseName}`;
}
