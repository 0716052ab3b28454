import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dataPaths } from './data-folder.ts';
import { Failure } from './failure.ts';
import { partNames, type PartName } from './part.ts';
import { logFile } from './supervisor.ts';

const lines = 200;

/** Prints the last log lines of the named parts, or of all, and goes on with new ones when asked to. */
export async function logs(dataFolder: string, parts: readonly PartName[], follow: boolean): Promise<void> {
  const data = dataPaths(dataFolder);
  const files = (parts.length === 0 ? partNames : parts).map((name) => logFile(data, name)).filter(existsSync);
  if (files.length === 0) throw new Failure(`no logs in ${data.log}`);
  // -F follows the name, so that it survives a log that is put aside.
  const args = ['-n', String(lines), ...(follow ? ['-F'] : []), '--', ...files];
  await once(spawn('tail', args, { stdio: 'inherit' }), 'close');
}
