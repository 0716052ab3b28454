import { recomputeUsedBytes, readUsedBytes } from '@haven/models';
import { imageManifest, indexOf, randomText, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** What deleting takes away, and what it leaves. */
export function deleteCases(harness: () => RegistryHarness): void {
  describe('deletion', () => {
    const repository = 'library/deleted';
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      registry = await harness().registry('memory');
      token = await harness().tokenFor([repository]);
    });
    afterAll(() => registry.close());

    const expectExactQuota = async () => {
      expect(await readUsedBytes(harness().db, 1)).toBe(await recomputeUsedBytes(harness().db, 1));
    };

    it('removes a tag by its name and a manifest by its digest, with its tags', async () => {
      const image = await registry.pushImage(repository, token, 'v1', randomText());
      await registry.pushManifest(repository, token, 'other', image);
      const path = `/v2/${repository}/manifests`;
      const status = async (method: string, reference: string) =>
        (await registry.call(method, `${path}/${reference}`, { token })).status;
      expect(await status('DELETE', 'other')).toBe(202);
      expect([await status('GET', 'other'), await status('DELETE', 'other'), await status('GET', 'v1')]).toEqual([
        ...[404, 404, 200],
      ]);
      expect(await status('DELETE', image.digest)).toBe(202);
      for (const reference of ['v1', image.digest]) {
        expect((await registry.call('GET', `${path}/${reference}`, { token })).errorCode).toBe('MANIFEST_UNKNOWN');
      }
      const again = await registry.call('DELETE', `${path}/${image.digest}`, { token });
      expect([again.status, again.errorCode]).toEqual([404, 'MANIFEST_UNKNOWN']);
      expect((await registry.pushManifest(repository, token, 'v2', image)).status).toBe(201);
      await expectExactQuota();
    });

    it('keeps a manifest that an index names', async () => {
      const child = await registry.pushImage(repository, token, 'child', randomText());
      const index = indexOf([child]);
      await registry.pushManifest(repository, token, 'index', index);
      const refused = await registry.call('DELETE', `/v2/${repository}/manifests/${child.digest}`, { token });
      expect([refused.status, refused.errorCode]).toEqual([412, 'DENIED']);
    });

    it('removes a blob that no manifest names, and no other', async () => {
      const layer = randomText();
      const config = await registry.pushBlob(repository, token, '{}');
      const digest = await registry.pushBlob(repository, token, layer);
      const path = `/v2/${repository}/blobs/${digest}`;
      const manifest = imageManifest({ digest: config, size: 2 }, [{ digest, size: layer.length }]);
      await registry.pushManifest(repository, token, 'named', manifest);
      const refused = await registry.call('DELETE', path, { token });
      expect([refused.status, refused.errorCode]).toEqual([405, 'UNSUPPORTED']);
      await registry.call('DELETE', `/v2/${repository}/manifests/${manifest.digest}`, { token });
      expect((await registry.call('DELETE', path, { token })).status).toBe(202);
      expect((await registry.call('GET', path, { token })).errorCode).toBe('BLOB_UNKNOWN');
      expect((await registry.call('DELETE', path, { token })).errorCode).toBe('BLOB_UNKNOWN');
      expect(await harness().count('blob_review WHERE digest = $1', digest)).toBe(1);
      expect(await harness().count("ledger WHERE digest = $1 AND step = 'unlinked'", digest)).toBe(1);

      const lone = await registry.pushBlob(repository, token, randomText());
      await registry.call('DELETE', `/v2/${repository}/blobs/${lone}`, { token });
      const gone = await registry.pushManifest(repository, token, 'x', imageManifest({ digest: lone, size: 48 }, []));
      expect(gone.errorCode).toBe('MANIFEST_BLOB_UNKNOWN');
      await expectExactQuota();
    });
  });
}
