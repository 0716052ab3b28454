import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from './failure.ts';

const waitSeconds = 600;

/**
 * Runs `work` while no other haven process holds the lock file. A flock(1) holds the lock for as long as
 * its standard input is open, so that the kernel releases it even when this process is killed.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['-w', String(waitSeconds), file, 'sh', '-c', 'echo locked; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const locked = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!locked) throw new Failure(`cannot lock ${file}: another haven is at work there`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
