import { readFile } from 'node:fs/promises';
import { makeImage, makeTwoPlatformIndex, pullWhole, type Artifact } from '@haven/testing/oci';
import { filesBelow, layout, loseContent, projected } from './layout-volume.js';
import { eventually, type RegistryHarness, type TestRegistry } from './registry-harness.js';
import { hasStockRegistry, StockRegistry } from '@haven/testing/oci';
import { VolumeBuilder } from './volume-builder.js';

/** Bringing distribution's layout up to date. */
export function layoutSyncCases(harness: () => RegistryHarness): void {
  describe('sync', () => {
    let registry: TestRegistry;
    let volume: VolumeBuilder;

    beforeAll(async () => {
      await loseContent(harness());
    });
    beforeEach(async () => {
      registry = await harness().registry('filesystem', { HAVEN_STORAGE_PROJECTION: 'false' });
      volume = new VolumeBuilder(registry.root);
    });
    afterEach(async () => {
      await registry.close();
      await loseContent(harness());
    });

    const sync = async (...flags: string[]) => (await layout(registry, ['sync', ...flags])).summary;
    const links = async (): Promise<string[]> =>
      (await filesBelow(volume.at('repositories'))).filter((path) => !path.includes('/index/'));
    const expectedLinks = (...paths: string[]): string[] =>
      paths.map((path) => path.replace('repositories/', '')).sort();

    async function push(repository: string, artifact: Artifact, ...tags: string[]): Promise<void> {
      const token = await harness().tokenFor([repository]);
      for (const child of artifact.children) await push(repository, child, child.manifest.digest);
      for (const blob of artifact.blobs) await registry.pushBlob(repository, token, blob.bytes);
      for (const tag of tags) {
        const manifest = { ...artifact.manifest, text: artifact.manifest.bytes.toString() };
        expect((await registry.pushManifest(repository, token, tag, manifest)).status).toBe(201);
      }
    }

    const remove = async (repository: string, reference: string): Promise<void> => {
      const token = await harness().tokenFor([repository]);
      const { status } = await registry.call('DELETE', `/v2/${repository}/manifests/${reference}`, { token });
      expect(status).toBe(202);
    };

    (hasStockRegistry ? it : it.skip)('lets a stock registry serve what was pushed', async () => {
      const [image, both] = [await makeImage({ seed: 'synced' }), await makeTwoPlatformIndex({ seed: 'synced' })];
      await push('library/synced', image, 'v1', 'v2');
      await push('library/synced/deeper', both, 'both');
      expect(await sync()).toMatchObject({ repositories: 2, revisions: 4, layers: 6, tags: 3, skipped: {} });
      const stock = await StockRegistry.start(registry.root);
      try {
        for (const tag of ['v1', 'v2']) {
          expect(await pullWhole(stock.client, 'library/synced', tag)).toBe(image.manifest.digest);
        }
        expect(await pullWhole(stock.client, 'library/synced/deeper', 'both')).toBe(both.manifest.digest);
        const tags = (await stock.client.request('GET', '/v2/library/synced/tags/list')).json();
        expect(tags).toMatchObject({ tags: ['v1', 'v2'] });
        await remove('library/synced', 'v2');
        await sync();
        expect((await stock.client.request('GET', '/v2/library/synced/manifests/v2')).status).toBe(404);
        expect(await pullWhole(stock.client, 'library/synced', 'v1')).toBe(image.manifest.digest);
      } finally {
        await stock.stop();
      }
    });

    it('removes what is no more, moves tags, and changes nothing the second time', async () => {
      const [first, second] = [await makeImage({ seed: 'first' }), await makeImage({ seed: 'second' })];
      await push('library/moved', first, 'v1', 'gone');
      await push('library/moved', second, 'v2');
      await sync();
      await push('library/moved', second, 'v1');
      await remove('library/moved', 'v2');
      await remove('library/moved', first.manifest.digest);
      expect(await sync()).toMatchObject({
        revisions: 1,
        tags: 1,
        removedRevisions: 1,
        removedTags: 2,
        removedLayers: 0,
      });
      const after = await links();
      const layers = [...first.blobs, ...second.blobs].map(({ digest }) =>
        VolumeBuilder.layer('library/moved', digest),
      );
      const revision = VolumeBuilder.revision('library/moved', second.manifest.digest);
      expect(after).toEqual(expectedLinks(...new Set(layers), revision, VolumeBuilder.tag('library/moved', 'v1')));
      expect(await readFile(volume.at(VolumeBuilder.tag('library/moved', 'v1')), 'utf8')).toBe(second.manifest.digest);
      expect(await sync()).toMatchObject({ removedRevisions: 0, removedTags: 0, removedRepositories: 0 });
      expect(await links()).toEqual(after);
    });

    it('removes repositories of ours that are no more, and no others', async () => {
      const image = await makeImage({ seed: 'stays' });
      await push('library/stays', image, 'v1');
      await volume.add('library/gone', image, 'v1');
      await volume.add('library/stays/below', image, 'v1');
      await volume.add('single', image, 'v1');
      await volume.add('Odd/Name', image, 'v1');
      expect(await sync()).toMatchObject({ repositories: 1, removedRepositories: 2, skipped: { repositories: 2 } });
      const left = new Set((await links()).map((path) => path.replace(/\/_.*/, '')));
      expect([...left].sort()).toEqual(['Odd/Name', 'library/stays', 'single']);
    });

    it('does not take a lost database for an empty one', async () => {
      const image = await makeImage({ seed: 'lost' });
      await push('library/lost', image, 'v1');
      await sync();
      await loseContent(harness());
      await expect(sync()).rejects.toMatchObject({ code: 'PRECONDITION' });
      expect((await links()).length).toBeGreaterThan(0);
      expect(await sync('--force')).toMatchObject({ removedRepositories: 1 });
      expect(await links()).toEqual([]);
    });

    it('works beside a registry that writes the same links', async () => {
      const writer = await harness().registry('filesystem', { HAVEN_STORAGE_ROOT: registry.root });
      const quiet = registry;
      // Or it would take events that it writes no links for.
      await quiet.close();
      registry = writer;
      const images = await Promise.all(Array.from({ length: 12 }, (_, n) => makeImage({ seed: `beside-${n}` })));
      const pushing = Promise.all(
        images.map(async (image, n) => {
          const repository = `library/beside-${n % 3}`;
          await push(repository, image, `v${n}`, 'latest');
          if (n % 4 === 0) await remove(repository, image.manifest.digest);
        }),
      );
      const state = { isOver: false };
      const done = pushing.finally(() => {
        state.isOver = true;
      });
      while (!state.isOver) await layout(quiet, ['sync', '--force']);
      await done;
      await eventually(() => projected(harness()), Boolean);
      const before = await links();
      expect(await sync()).toMatchObject({ removedRevisions: 0, removedTags: 0, removedRepositories: 0 });
      expect(await links()).toEqual(before);
    });
  });
}
