import { internalAuthorization } from '@haven/auth';
import { internalSecret, sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** What the registry does for core. */
export function internalCases(harness: () => RegistryHarness): void {
  describe('internal routes', () => {
    const bytes = 'a blob that core reads';
    const asService = { authorization: internalAuthorization(internalSecret) };
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      // Core stands behind no nginx, so it is never sent to one for bytes.
      registry = await harness().registry('filesystem', { HAVEN_BLOB_DELIVERY: 'nginx' });
      token = await harness().tokenFor(['library/internal']);
      await registry.pushBlob('library/internal', token, bytes);
    });
    afterAll(() => registry.close());

    it('give core the bytes of a blob, whoever delivers them to clients', async () => {
      const answer = await registry.call('GET', `/internal/blobs/${sha256(bytes)}`, { headers: asService });
      expect([answer.status, answer.bytes.toString()]).toEqual([200, bytes]);
      expect(answer.headers).not.toHaveProperty('x-accel-redirect');
    });

    it('tell core how much room there is', async () => {
      const { json } = await registry.call('GET', '/internal/capacity', { headers: asService });
      expect(json()).toEqual({ totalBytes: expect.any(Number) as number, freeBytes: expect.any(Number) as number });
    });

    it('are for nobody else', async () => {
      for (const path of ['/internal/capacity', `/internal/blobs/${sha256(bytes)}`]) {
        for (const call of [{}, { token }, { headers: { authorization: internalAuthorization('guessed') } }]) {
          expect((await registry.call('GET', path, call)).status).toBe(401);
        }
      }
    });

    it('know nothing of blobs that are not there', async () => {
      const read = async (digest: string) =>
        (await registry.call('GET', `/internal/blobs/${digest}`, { headers: asService })).status;
      expect(await read(sha256('never pushed'))).toBe(404);
      expect(await read('sha256:..%2f..%2fetc')).toBe(400);
    });
  });
}
