import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { digestOf, type Digest } from '@haven/oci';
import { blobStoreCases } from '../src/blob-store.cases.js';
import type { Disk } from '../src/disk.js';
import { blobDataPath } from '../src/distribution-layout.js';
import { FilesystemBlobStore } from '../src/filesystem.driver.js';
import { hookedDisk } from './hooked-disk.js';
import { filesBelow, removeTemporaryRoots, temporaryRoot } from './temporary-root.js';

afterAll(removeTemporaryRoots);

const id = '0197f0c8-0000-7000-8000-000000000000';
const content = Buffer.from('some content');
const digest = digestOf(content);

async function push(store: FilesystemBlobStore): Promise<void> {
  const writer = await store.openUpload(id, 0, 0);
  await writer.write([content], 0).finally(() => writer.close());
  await store.commitUpload(id, 0, digest, content.length);
}

/** The real disk, on which one kind of step fails in the way of the operating system. */
const failingDisk = (step: string, code: string): Disk =>
  hookedDisk((name) => {
    if (name === step) throw Object.assign(new Error(code), { code });
  });

describe('FilesystemBlobStore', () => {
  blobStoreCases(async () => new FilesystemBlobStore(await temporaryRoot()));

  it('lays blobs out as distribution does, and leaves nothing else', async () => {
    const root = await temporaryRoot();
    await push(new FilesystemBlobStore(root));
    expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
  });

  it('lets the group read and others not', async () => {
    const root = await temporaryRoot();
    const umask = process.umask(0o027);
    try {
      await push(new FilesystemBlobStore(root));
    } finally {
      process.umask(umask);
    }
    const path = join(root, blobDataPath(digest));
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) {
      expect((await stat(folder)).mode & 0o777).toBe(0o750);
    }
  });

  it('syncs the bytes before the rename, and every new name after it', async () => {
    const root = await temporaryRoot();
    const steps: string[] = [];
    const store = new FilesystemBlobStore(
      root,
      hookedDisk((step, path) => steps.push(`${step} ${path.slice(root.length + 1)}`)),
    );
    await push(store);
    const place = blobDataPath(digest);
    const own = dirname(place);
    const above = dirname(own);
    const after = (wanted: string, earlier: string): void => {
      expect(steps).toEqual(expect.arrayContaining([wanted, earlier]));
      expect(steps.lastIndexOf(wanted)).toBeGreaterThan(steps.indexOf(earlier));
    };
    const upload = `uploads/${id}.0`;
    after(`rename ${upload}`, `datasync ${upload}`);
    after(`sync ${own}`, `rename ${upload}`);
    after(`sync ${above}`, `mkdir ${own}`);
    for (let made = above; made !== '.'; made = dirname(made)) {
      const parent = dirname(made) === '.' ? '' : dirname(made);
      after(`sync ${parent}`, `mkdir ${made}`);
    }
  });

  it.each([
    ['replaces a file of another size in the place of a blob', Buffer.from('torn'), 'some content'],
    ['keeps a file of the right size in the place of a blob', Buffer.from('SOME CONTENT'), 'SOME CONTENT'],
  ])('%s', async (_what, found, left) => {
    const root = await temporaryRoot();
    const store = new FilesystemBlobStore(root);
    await mkdir(dirname(join(root, blobDataPath(digest))), { recursive: true });
    await writeFile(join(root, blobDataPath(digest)), found);
    await push(store);
    expect((await buffer(await store.readBlob(digest))).toString()).toBe(left);
    expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
  });

  it('writes everything to a file that takes little at a time', async () => {
    const root = await temporaryRoot();
    const disk = hookedDisk((step, _path, args) => {
      if (step === 'writev') args[0] = [Buffer.concat(args[0] as Buffer[]).subarray(0, 5)];
    });
    const store = new FilesystemBlobStore(root, disk);
    await push(store);
    expect((await buffer(await store.readBlob(digest))).equals(content)).toBe(true);
  });

  it.each([
    ['writev', 'ENOSPC'],
    ['writev', 'EDQUOT'],
    ['datasync', 'ENOSPC'],
    ['rename', 'EDQUOT'],
  ])('says STORAGE_FULL when %s fails with %s', async (step, code) => {
    const store = new FilesystemBlobStore(await temporaryRoot(), failingDisk(step, code));
    await expect(push(store)).rejects.toMatchObject({ code: 'STORAGE_FULL', cause: { code } });
  });

  it('says STORAGE_FULL when not even a directory can be made', async () => {
    const store = new FilesystemBlobStore(await temporaryRoot(), failingDisk('mkdir', 'ENOSPC'));
    await expect(push(store)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  });

  it('passes other errors on as they are', async () => {
    const store = new FilesystemBlobStore(await temporaryRoot(), failingDisk('writev', 'EIO'));
    await expect(push(store)).rejects.toMatchObject({ code: 'EIO' });
  });

  it.each(['mkdir', 'open', 'writev', 'read', 'unlink'])('is not healthy when %s fails', async (step) => {
    const store = new FilesystemBlobStore(await temporaryRoot(), failingDisk(step, 'EROFS'));
    await expect(store.checkHealth()).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'EROFS' } });
  });

  it('tries again to make a directory after it could not', async () => {
    const root = await temporaryRoot();
    let broken = true;
    const disk = hookedDisk((step) => {
      if (step === 'mkdir' && broken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    });
    const store = new FilesystemBlobStore(root, disk);
    await expect(push(store)).rejects.toMatchObject({ code: 'EIO' });
    broken = false;
    await push(store);
    expect(await store.statBlob(digest)).toEqual({ sizeBytes: content.length });
  });

  it.each(['sha256:../../../../etc/passwd', 'sha256:', '..', `sha256:${'A'.repeat(64)}`, `md5:${'a'.repeat(32)}`])(
    'makes no path of the digest %j, whatever the types say',
    async (bad) => {
      const store = new FilesystemBlobStore(await temporaryRoot());
      await expect(store.statBlob(bad as Digest)).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
      await expect(store.readBlob(bad as Digest)).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
      await expect(store.commitUpload(id, 0, bad as Digest, 0)).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
      await expect(store.renameForRemoval(bad as Digest, 'name')).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
    },
  );

  it('lists blobs only, among whatever else lies there', async () => {
    const root = await temporaryRoot();
    const store = new FilesystemBlobStore(root);
    await push(store);
    const blobs = join(root, 'docker/registry/v2/blobs/sha256');
    await mkdir(join(blobs, 'ab', 'not-a-digest'), { recursive: true });
    await mkdir(join(blobs, 'ab', `ab${'0'.repeat(62)}`), { recursive: true });
    await writeFile(join(blobs, 'stray'), '');
    const found: unknown[] = [];
    for await (const entry of store.listBlobs()) found.push(entry);
    expect(found).toEqual([{ digest, sizeBytes: content.length }]);
  });

  it.each(['/', '/.', '/../data'])('works on a root that ends in %j', async (end) => {
    const root = await temporaryRoot();
    await push(new FilesystemBlobStore(root + end));
    expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
  });

  it('works on a root that is a link to a directory', async () => {
    const root = await temporaryRoot();
    await mkdir(`${root}-real`);
    await chmod(`${root}-real`, 0o750);
    await symlink(`${root}-real`, root);
    await push(new FilesystemBlobStore(root));
    expect(await filesBelow(`${root}-real`)).toEqual([blobDataPath(digest)]);
  });

  it.each([
    ['shares the file where it may', hookedDisk(() => undefined), 0o644, true],
    ['copies what others may not read', hookedDisk(() => undefined), 0o600, false],
    ['copies from another filesystem', failingDisk('link', 'EXDEV'), 0o644, false],
  ])('takes a file of another place in: %s', async (_how, disk, mode, isShared) => {
    const root = await temporaryRoot();
    const source = `${root}-source`;
    await writeFile(source, content, { mode });
    const store = new FilesystemBlobStore(root, disk);
    await store.importUpload(id, source);
    await store.commitUpload(id, 0, digest, content.length);
    expect(await buffer(await store.readBlob(digest))).toEqual(content);
    expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
    const [from, to] = [await stat(source), await stat(join(root, blobDataPath(digest)))];
    expect(from.ino === to.ino).toBe(isShared);
    if (!isShared) expect(to.mode & 0o777).toBe(0o640);
  });
});
