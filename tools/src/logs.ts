import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dataPaths, type DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import { collectedLines, CollectorAway } from './log-reader.ts';
import { partNames, type PartName } from './part.ts';
import { logFile } from './supervisor.ts';

const lines = 200;

/**
 * Prints the last log lines of the named parts, or of all, and goes on with new ones when asked to: from the log
 * collector, or from the files that it reads while it is away.
 */
export async function logs(dataFolder: string, parts: readonly PartName[], follow: boolean): Promise<void> {
  const data = dataPaths(dataFolder);
  let shown = 0;
  try {
    for await (const line of collectedLines(data, parts, lines, follow)) {
      process.stdout.write(`${line}\n`);
      shown += 1;
    }
  } catch (error) {
    if (!(error instanceof CollectorAway)) throw error;
    if (shown > 0) console.error('haven: the log collector went away; going on with the files');
    await readFiles(data, parts, shown > 0 ? 0 : lines, follow);
  }
}

async function readFiles(data: DataFolder, parts: readonly PartName[], count: number, follow: boolean): Promise<void> {
  const files = (parts.length === 0 ? partNames : parts).map((name) => logFile(data, name)).filter(existsSync);
  if (files.length === 0) throw new Failure(`no logs in ${data.log}`);
  // -F follows the name, so that it survives a log that is put aside.
  const args = ['-n', String(count), ...(follow ? ['-F'] : []), '--', ...files];
  await once(spawn('tail', args, { stdio: 'inherit' }), 'close');
}
