import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Id of the process of one part of a platform that `./haven up` started on this machine. */
export async function pidOf(dataFolder: string, part: string): Promise<number> {
  const record = JSON.parse(await readFile(join(dataFolder, 'run', `${part}.json`), 'utf8')) as {
    identity: { pid: number };
  };
  return record.identity.pid;
}

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Looks at the resident memory of a process ten times a second; `stop` answers the highest figure seen, in bytes. */
export function watchMemory(pid: number): { stop: () => Promise<number> } {
  let highest = 0;
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      highest = Math.max(highest, await residentBytes(pid));
      await delay(100);
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await watching;
      return highest;
    },
  };
}
