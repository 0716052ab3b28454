import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const roots: string[] = [];

/** A storage root of its own for each test. The folder itself is not there yet. */
export async function temporaryRoot(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'haven-storage-'));
  roots.push(parent);
  return join(parent, 'data');
}

export async function removeTemporaryRoots(): Promise<void> {
  await Promise.all(roots.splice(0).map((root) => rm(root, { recursive: true })));
}

/** Every file below a root, relative to it and sorted. */
export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
