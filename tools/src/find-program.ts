import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.ts';

// Debian keeps servers in sbin, which is not on an ordinary user's PATH.
const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/usr/bin'];

/** Full path of an installed program, links kept: some programs act by the name they are called. */
export function whereIs(name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
}

export function findProgram(name: string): string {
  const path = whereIs(name);
  if (path === undefined) throw new Failure(`${name} is not installed`);
  return path;
}
