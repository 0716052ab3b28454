import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, randomText, sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** A store that takes nothing any more, and what goes on all the same. */
export function storageHealthCases(harness: () => RegistryHarness): void {
  describe('storage health', () => {
    const repository = 'library/sick';
    let token: string;

    beforeAll(async () => {
      token = await harness().tokenFor([repository]);
    });

    const readiness = async (registry: TestRegistry) => {
      const { status, json } = await registry.call('GET', '/readyz');
      const { checks } = json() as { checks: { name: string; healthy: boolean }[] };
      return { status, checks: Object.fromEntries(checks.map(({ name, healthy }) => [name, healthy])) };
    };

    it('is told when nothing can be written, while pulls go on', async () => {
      const registry = await harness().registry('filesystem');
      const layer = randomText();
      await registry.pushImage(repository, token, 'v1', layer);
      const uploads = join(registry.root, 'uploads');
      await rm(uploads, { recursive: true });
      await writeFile(uploads, 'no folder any more');
      expect(await readiness(registry)).toEqual({ status: 503, checks: { database: true, storage: false } });
      expect((await registry.call('GET', '/healthz')).status).toBe(200);
      for (const path of ['manifests/v1', `blobs/${sha256(layer)}`]) {
        expect((await registry.call('GET', `/v2/${repository}/${path}`, { token })).status).toBe(200);
      }
      const location = await registry.startUpload(repository, token);
      const failed = await registry.call('PATCH', location, { token, body: 'x' });
      expect([failed.status, failed.errorCode, failed.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', undefined]);
      await registry.close();
    });

    it('is told when the volume is gone, and again when it is back', async () => {
      const registry = await harness().registry('filesystem', { HAVEN_STORAGE_PROJECTION: 'false' });
      const layer = randomText();
      await registry.pushImage(repository, token, 'v2', layer);
      const blob = () => registry.call('GET', `/v2/${repository}/blobs/${sha256(layer)}`, { token });
      await rename(registry.root, `${registry.root}-gone`);
      expect((await readiness(registry)).status).toBe(503);
      expect((await registry.call('GET', `/v2/${repository}/manifests/v2`, { token })).status).toBe(200);
      expect((await blob()).status).toBe(404);
      await rename(`${registry.root}-gone`, registry.root);
      expect(
        (
          await eventually(
            () => readiness(registry),
            ({ status }) => status === 200,
          )
        ).status,
      ).toBe(200);
      expect((await blob()).status).toBe(200);
      await registry.close();
    }, 15_000);
  });
}
