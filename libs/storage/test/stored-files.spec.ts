import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf, digestParts } from '@haven/oci';
import { blobDataPath, blobFolders, FilesystemBlobStore, StoredFiles } from '../src/index.js';
import { removeTemporaryRoots, temporaryRoot } from './temporary-root.js';

afterAll(removeTemporaryRoots);

const small = digestOf(Buffer.from('small'));
const wide = digestOf(Buffer.from('wide'), 'sha512');

async function filled(): Promise<string> {
  const root = await temporaryRoot();
  for (const [digest, text] of [
    [small, 'small'],
    [wide, 'wide'],
  ] as const) {
    const path = join(root, blobDataPath(digest));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return root;
}

describe('what is stored', () => {
  it('is found folder by folder', async () => {
    const files = new StoredFiles(await filled());
    for (const digest of [small, wide]) {
      const { algorithm, hex } = digestParts(digest);
      const found: string[] = [];
      for (const folder of blobFolders(algorithm)) found.push(...(await files.digestsIn(folder)));
      expect(found).toEqual([digest]);
      expect(await files.digestsIn(`${algorithm}:${hex.slice(0, 2)}`)).toEqual([digest]);
    }
    expect(await files.inspect(small)).toMatchObject({ sizeBytes: 5 });
    expect(await files.hasBlobs('sha512')).toBe(true);
  });

  it('is nothing in a store that was never used', async () => {
    const files = new StoredFiles(await temporaryRoot());
    expect([await files.digestsIn('sha256:ab'), await files.inspect(small), await files.removedNames()]).toEqual([
      [],
      null,
      [],
    ]);
    expect(await files.hasBlobs('sha512')).toBe(false);
  });

  it('leaves out what is no blob, and tells what was taken out of its place', async () => {
    const root = await filled();
    const { algorithm, hex } = digestParts(small);
    const folder = dirname(dirname(join(root, blobDataPath(small))));
    await mkdir(join(folder, 'lost+found'));
    await mkdir(join(folder, 'f'.repeat(64)));
    const files = new StoredFiles(root);
    expect(await files.digestsIn(`${algorithm}:${hex.slice(0, 2)}`)).toEqual([small]);
    await new FilesystemBlobStore(root).renameForRemoval(small, 'ledger-7');
    expect([await files.inspect(small), await files.removedNames()]).toEqual([null, ['ledger-7']]);
    expect(await files.inspectRemoved('ledger-7')).toMatchObject({ sizeBytes: 5 });
  });
});
