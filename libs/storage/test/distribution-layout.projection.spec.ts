import * as nodeDisk from 'node:fs/promises';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '@haven/oci';
import type { Disk } from '../src/disk.js';
import { blobDataPath } from '../src/distribution-layout.js';
import { DistributionLayoutProjection } from '../src/distribution-layout.projection.js';
import { filesBelow, removeTemporaryRoots, temporaryRoot } from './temporary-root.js';

afterAll(removeTemporaryRoots);

const manifest = Buffer.from('{}');
const digest = digestOf(manifest);
const other = digestOf(Buffer.from('other'));
const hex = (of: Digest): string => of.replace(':', '/');
const repositories = 'docker/registry/v2/repositories';

describe('DistributionLayoutProjection', () => {
  let root: string;
  let projection: DistributionLayoutProjection;

  beforeEach(async () => {
    root = await temporaryRoot();
    projection = new DistributionLayoutProjection(root);
  });

  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

  it('insists where another process removes what it writes, or writes what it removes', async () => {
    const inTheWay = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
    const [writes, removals] = [['ENOENT'], ['ENOTEMPTY', 'ENOTEMPTY']];
    const disk: Disk = {
      ...nodeDisk,
      writeFile: (...args) => inTheWayOr(writes.pop(), () => nodeDisk.writeFile(...args)),
      rm: (...args) => inTheWayOr(removals.pop(), () => nodeDisk.rm(...args)),
    };
    const inTheWayOr = (code: string | undefined, work: () => Promise<void>) =>
      code === undefined ? work() : inTheWay(code);
    const disturbed = new DistributionLayoutProjection(root, disk);
    await disturbed.linkRevision('library/hello', digest);
    expect(await read(`${repositories}/library/hello/_manifests/revisions/${hex(digest)}/link`)).toBe(digest);
    await disturbed.unlinkRevision('library/hello', digest);
    expect(await filesBelow(root)).toEqual([]);
    expect([writes, removals]).toEqual([[], []]);
  });

  it('writes links that hold a digest and nothing more', async () => {
    await projection.linkRevision('library/hello', digest);
    await projection.linkLayer('library/hello', other);
    await projection.linkTag('library/hello', 'v1', digest);
    const own = `${repositories}/library/hello`;
    const expected = [
      [`${own}/_layers/${hex(other)}/link`, other],
      [`${own}/_manifests/revisions/${hex(digest)}/link`, digest],
      [`${own}/_manifests/tags/v1/current/link`, digest],
      [`${own}/_manifests/tags/v1/index/${hex(digest)}/link`, digest],
    ];
    expect(await filesBelow(root)).toEqual(expected.map(([path]) => path));
    for (const [path, content] of expected) expect(await read(path!)).toBe(content);
    expect((await stat(join(root, expected[0]![0]!))).mode & 0o137).toBe(0);
  });

  it('moves a tag and remembers where it has been', async () => {
    await projection.linkTag('library/hello', 'v1', digest);
    await projection.linkTag('library/hello', 'v1', other);
    const tag = `${repositories}/library/hello/_manifests/tags/v1`;
    expect(await read(`${tag}/current/link`)).toBe(other);
    expect(await readdir(join(root, tag, 'index/sha256'))).toHaveLength(2);
  });

  it('removes each link, as often as one likes', async () => {
    await projection.linkRevision('library/hello', digest);
    await projection.linkLayer('library/hello', other);
    await projection.linkTag('library/hello', 'v1', digest);
    for (let round = 0; round < 2; round++) {
      await projection.unlinkTag('library/hello', 'v1');
      await projection.unlinkRevision('library/hello', digest);
      await projection.unlinkLayer('library/hello', other);
    }
    expect(await filesBelow(root)).toEqual([]);
  });

  it('removes a repository and the empty folders above it, but no other repository', async () => {
    for (const name of ['library/a', 'library/a/b', 'library/ab', 'other/x'])
      await projection.linkTag(name, 'v1', digest);
    const tops = async (): Promise<string[]> =>
      [...new Set((await filesBelow(join(root, repositories))).map((path) => path.replace(/\/_.*/, '')))].sort();

    await projection.removeRepository('library/a');
    await projection.removeRepository('library/a');
    expect(await tops()).toEqual(['library/a/b', 'library/ab', 'other/x']);
    await projection.removeRepository('library/a/b');
    await projection.removeRepository('other/x');
    expect(await readdir(join(root, repositories))).toEqual(['library']);
    expect(await readdir(join(root, repositories, 'library'))).toEqual(['ab']);
    await projection.removeRepository('library/ab');
    expect(await readdir(join(root, repositories))).toEqual([]);
  });

  it('puts a manifest among the blobs, once', async () => {
    await projection.writeManifestBlob(digest, manifest);
    const before = await stat(join(root, blobDataPath(digest)));
    await projection.writeManifestBlob(digest, manifest);
    const after = await stat(join(root, blobDataPath(digest)));
    expect(after.ino).toBe(before.ino);
    expect(await filesBelow(root)).toEqual([blobDataPath(digest)]);
    expect(await read(blobDataPath(digest))).toBe('{}');
  });

  it('refuses a manifest that is not what its digest says', async () => {
    await expect(projection.writeManifestBlob(other, manifest)).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
    expect(await readdir(join(root, '..'))).toEqual([]);
  });

  it('keeps a link whole while it is written many times at once', async () => {
    await projection.linkTag('library/hello', 'v1', digest);
    const path = `${repositories}/library/hello/_manifests/tags/v1/current/link`;
    const writing = Promise.all(
      Array.from({ length: 20 }, (_, turn) => projection.linkTag('library/hello', 'v1', turn % 2 ? digest : other)),
    );
    for (let turn = 0; turn < 20; turn++) expect([digest, other]).toContain(await read(path));
    await writing;
    expect((await filesBelow(root)).filter((file) => !file.endsWith('/link'))).toEqual([]);
  });

  it.each([
    ['../../etc', 'v1'],
    ['library/../x', 'v1'],
    ['library/hello', '..'],
    ['library/hello', 'a/b'],
  ])('makes no path of %j and %j', async (repository, tag) => {
    await expect(projection.linkTag(repository, tag, digest)).rejects.toThrow(/invalid/);
    await expect(projection.unlinkTag(repository, tag)).rejects.toThrow(/invalid/);
  });
});
