import { readFile } from 'node:fs/promises';
import { pidOf } from '../harness/processes.ts';
import { LargeBlob, pullLarge, pushLarge } from './large-blob.ts';
import type { OwnPlatform } from '../harness/own-platform.ts';

const most = { clients: 50, blobBytes: 200_000_000 };
const few = { clients: 10, blobBytes: 50_000_000 };
const limitBytes = 300_000_000;

/** The most memory that a process ever had resident, in bytes. */
async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Defines a test that pushes and pulls large blobs with many clients at once. Wants a registry that has just started. */
export function memoryCases(platformOf: () => OwnPlatform, isFull: boolean): void {
  const { clients, blobBytes } = isFull ? most : few;

  it(`${clients} clients that push and pull ${blobBytes / 1e6} MB each keep the registry small`, async () => {
    const platform = platformOf();
    const pid = await pidOf(platform.data, 'registry');
    await platform.newProject('large');
    const pushAndPull = async (n: number): Promise<void> => {
      const client = platform.client();
      const repository = `large/app-${n}`;
      await client.logIn(repository);
      const digest = await pushLarge(client, repository, new LargeBlob(repository, blobBytes));
      expect(await pullLarge(client, repository, digest)).toBe(digest);
    };
    await Promise.all(Array.from({ length: clients }, (_, n) => pushAndPull(n)));
    const peak = await peakBytes(pid);
    process.stderr.write(`chaos: the registry's memory was ${(peak / 1e6).toFixed(0)} MB at most\n`);
    expect(await pidOf(platform.data, 'registry')).toBe(pid);
    expect(peak).toBeLessThan(limitBytes);
  }, 1_800_000);
}
