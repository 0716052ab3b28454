import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf, type Digest } from '@haven/oci';
import { blobDataPath } from '../src/distribution-layout.js';
import { DistributionVolume } from '../src/distribution-volume.js';
import { DistributionLayoutProjection } from '../src/distribution-layout.projection.js';
import { removeTemporaryRoots, temporaryRoot } from './temporary-root.js';

afterAll(removeTemporaryRoots);

const bytes = Buffer.from('{}');
const digest = digestOf(bytes);
const wide = digestOf(bytes, 'sha512');
const other = digestOf(Buffer.from('other'));
const repositories = 'docker/registry/v2/repositories';
const filed = (of: Digest): string => `${of.replace(':', '/')}/link`;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('DistributionVolume', () => {
  let root: string;
  let volume: DistributionVolume;

  beforeEach(async () => {
    root = await temporaryRoot();
    volume = new DistributionVolume(root);
  });

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }

  it('finds nothing where nothing is', async () => {
    expect(await volume.exists()).toBe(false);
    expect(await all(volume.repositories())).toEqual([]);
    expect(await all(volume.tags('library/a'))).toEqual([]);
    expect(await all(volume.revisions('library/a'))).toEqual([]);
    expect(await volume.layer('library/a', digest)).toBeNull();
    expect(await volume.blobSize(digest)).toBeNull();
    expect(await volume.readSmallBlob(digest, 10)).toBeNull();
  });

  it('reads what the projection writes', async () => {
    const projection = new DistributionLayoutProjection(root);
    await projection.writeManifestBlob(digest, bytes);
    await projection.linkRevision('library/a/b', digest);
    await projection.linkLayer('library/a', other);
    await projection.linkTag('library/a/b', 'v1', digest);
    expect(await volume.exists()).toBe(true);
    expect(await all(volume.repositories())).toEqual(['library/a', 'library/a/b']);
    expect(await all(volume.revisions('library/a/b'))).toMatchObject([{ filedUnder: digest, target: digest }]);
    expect(await all(volume.revisions('library/a'))).toEqual([]);
    expect(await all(volume.layers('library/a'))).toMatchObject([{ filedUnder: other, target: other }]);
    expect(await all(volume.tags('library/a/b'))).toMatchObject([{ name: 'v1', target: digest }]);
    expect(await volume.blobSize(digest)).toBe(2);
    expect(await volume.readSmallBlob(digest, 2)).toEqual(bytes);
    expect(await volume.readSmallBlob(digest, 1)).toBeNull();
    expect(await volume.hasDigest(digest, wide)).toBe(true);
    expect(await volume.hasDigest(digest, other)).toBe(false);
  });

  it('believes what links say, not where they stand', async () => {
    await write(`${repositories}/Odd Name/_layers/${filed(wide)}`, digest);
    await write(`${repositories}/Odd Name/_layers/${filed(other)}`, 'sha256:abc');
    await write(`${repositories}/Odd Name/_layers/md5/abc/link`, `${digest}\n`);
    await write(`${repositories}/Odd Name/_manifests/tags/v1/current/link`, 'x'.repeat(1000));
    await write(`${repositories}/Odd Name/_manifests/tags/v2/index/${filed(digest)}`, digest);
    await mkdir(join(root, `${repositories}/Odd Name/_layers/sha256/${'0'.repeat(64)}`));
    expect(await all(volume.repositories())).toEqual(['Odd Name']);
    const layers = (await all(volume.layers('Odd Name'))).map(({ filedUnder, target }) => [filedUnder, target]);
    expect(new Map(layers as [Digest, Digest][])).toEqual(
      new Map<Digest | null, Digest | null>([
        [wide, digest],
        [other, null],
        [null, digest],
      ]),
    );
    expect(await volume.layer('Odd Name', wide)).toMatchObject({ target: digest });
    const tags = (await all(volume.tags('Odd Name'))).map(({ name, target }) => [name, target]);
    expect(tags.sort()).toEqual([
      ['v1', null],
      ['v2', null],
    ]);
  });

  it('follows no symbolic link', async () => {
    await write('outside', digest);
    await write(`${repositories}/library/a/_layers/${filed(other)}`, other);
    await mkdir(dirname(join(root, blobDataPath(digest))), { recursive: true });
    await symlink(join(root, 'outside'), join(root, blobDataPath(digest)));
    const layer = `${repositories}/library/a/_layers/${filed(digest)}`;
    await mkdir(dirname(join(root, layer)), { recursive: true });
    await symlink(join(root, 'outside'), join(root, layer));
    await symlink(join(root, repositories, 'library'), join(root, repositories, 'again'));
    expect(await volume.blobSize(digest)).toBeNull();
    expect(await volume.layer('library/a', digest)).toMatchObject({ target: null });
    expect(await all(volume.repositories())).toEqual(['library/a']);
  });
});
