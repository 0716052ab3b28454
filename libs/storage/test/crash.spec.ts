import { buffer } from 'node:stream/consumers';
import { digestOf } from '@haven/oci';
import type { Disk } from '../src/disk.js';
import { blobDataPath } from '../src/distribution-layout.js';
import { DistributionLayoutProjection } from '../src/distribution-layout.projection.js';
import { FilesystemBlobStore } from '../src/filesystem.driver.js';
import { dyingDisk } from './hooked-disk.js';
import { filesBelow, removeTemporaryRoots, temporaryRoot } from './temporary-root.js';

afterAll(removeTemporaryRoots);

const id = '0197f0c8-0000-7000-8000-000000000000';
const content = Buffer.from('some content');
const digest = digestOf(content);
const future = (): Date => new Date(Date.now() + 60_000);

async function push(store: FilesystemBlobStore): Promise<void> {
  const writer = await store.openUpload(id, 0, 0);
  try {
    await writer.write([content.subarray(0, 5)], 0);
    await writer.write([content.subarray(5)], 5);
    await writer.sync();
  } finally {
    await writer.close();
  }
  await store.commitUpload(id, 0, digest, content.length);
}

/**
 * Runs `work` on a disk that dies before its first step, then anew on one that dies before its second, and so on until it
 * gets through. After each death, `check` looks at the same root with a disk that works, as the next process would.
 */
async function atEveryStep(
  prepare: (root: string) => Promise<void>,
  work: (root: string, disk: Disk) => Promise<void>,
  check: (root: string) => Promise<void>,
): Promise<number> {
  for (let step = 1; ; step++) {
    const root = await temporaryRoot();
    await prepare(root);
    const { disk, isDead } = dyingDisk(step);
    const outcome = await work(root, disk).then(
      () => 'done',
      () => 'died',
    );
    expect(outcome).toBe(isDead() ? 'died' : 'done');
    await check(root);
    if (outcome === 'done') return step - 1;
  }
}

const nothing = (): Promise<void> => Promise.resolve();

describe('a process that is killed', () => {
  it('at any step of a push leaves no blob or a whole one, and the push can be done again', async () => {
    const steps = await atEveryStep(
      nothing,
      (root, disk) => push(new FilesystemBlobStore(root, disk)),
      async (root) => {
        const store = new FilesystemBlobStore(root);
        for await (const blob of store.listBlobs()) expect(blob).toEqual({ digest, sizeBytes: content.length });
        const found = await store.statBlob(digest);
        if (found !== null) expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);

        await push(store);
        expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);
        expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
      },
    );
    expect(steps).toBeGreaterThan(20);
  });

  it('at any step of a commit leaves one that can be repeated', async () => {
    await atEveryStep(
      async (root) => {
        const writer = await new FilesystemBlobStore(root).openUpload(id, 0, 0);
        await writer.write([content], 0);
        await writer.close();
      },
      (root, disk) => new FilesystemBlobStore(root, disk).commitUpload(id, 0, digest, content.length),
      async (root) => {
        const store = new FilesystemBlobStore(root);
        await store.commitUpload(id, 0, digest, content.length);
        expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);
        expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
      },
    );
  });

  it('at any step of a commit that finds the blob there keeps it', async () => {
    await atEveryStep(
      async (root) => {
        const store = new FilesystemBlobStore(root);
        await push(store);
        await (await store.openUpload(id, 0, 0)).close();
      },
      (root, disk) => push(new FilesystemBlobStore(root, disk)),
      async (root) => {
        const store = new FilesystemBlobStore(root);
        expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);
        await store.removeUpload(id, 0);
        expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
      },
    );
  });

  it('at any step of a take-over leaves one that can be done into another epoch', async () => {
    await atEveryStep(
      async (root) => {
        const writer = await new FilesystemBlobStore(root).openUpload(id, 0, 0);
        await writer.write([content], 0);
        await writer.close();
      },
      async (root, disk) => {
        await new FilesystemBlobStore(root, disk).copyUploadPrefix(id, 0, 1, 4);
      },
      async (root) => {
        const store = new FilesystemBlobStore(root);
        const epoch = (await store.copyUploadPrefix(id, 0, 1, 4)) ? 1 : 2;
        if (epoch === 2) await store.copyUploadPrefix(id, 0, 2, 4);
        expect((await buffer(await store.readUpload(id, epoch))).toString()).toBe('some');
        await store.removeUpload(id, epoch);
        expect(await filesBelow(root)).toEqual([]);
      },
    );
  });

  it('at any step of a removal leaves the blob in place or under its name, whole', async () => {
    const remove = async (store: FilesystemBlobStore): Promise<void> => {
      await store.renameForRemoval(digest, 'ledger-1');
      await store.unlinkRemoved('ledger-1');
    };
    const prepare = (root: string): Promise<void> => push(new FilesystemBlobStore(root));
    const work = (root: string, disk: Disk): Promise<void> => remove(new FilesystemBlobStore(root, disk));

    await atEveryStep(prepare, work, async (root) => {
      await remove(new FilesystemBlobStore(root));
      expect(await filesBelow(root)).toEqual([]);
    });
    await atEveryStep(prepare, work, async (root) => {
      const [left] = await filesBelow(root);
      const store = new FilesystemBlobStore(root);
      await store.restoreRemoved(digest, 'ledger-1');
      expect(await filesBelow(root)).toEqual(left === undefined ? [] : [blobDataPath(digest)]);
      if (left !== undefined) expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);
    });
  });

  it('at any step of writing a manifest leaves none or a whole one, and a stale upload at most', async () => {
    await atEveryStep(
      nothing,
      (root, disk) => new DistributionLayoutProjection(root, disk).writeManifestBlob(digest, content),
      async (root) => {
        const store = new FilesystemBlobStore(root);
        for await (const blob of store.listBlobs()) expect(blob).toEqual({ digest, sizeBytes: content.length });
        await new DistributionLayoutProjection(root).writeManifestBlob(digest, content);
        expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);
        await store.removeStaleUploads(future());
        expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
      },
    );
  });

  it('at any step of tagging leaves whole links only', async () => {
    const tag = (root: string, disk?: Disk): Promise<void> =>
      new DistributionLayoutProjection(root, disk).linkTag('library/hello', 'v1', digest);
    await atEveryStep(nothing, tag, async (root) => {
      await tag(root);
      const projection = new DistributionLayoutProjection(root);
      await projection.removeRepository('library/hello');
      expect(await filesBelow(root)).toEqual([]);
    });
  });
});
