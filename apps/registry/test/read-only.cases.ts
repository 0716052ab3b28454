import { sql } from '@haven/models';
import { eventually, randomText, sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** Harbor's switch against changes. */
export function readOnlyCases(harness: () => RegistryHarness): void {
  describe('read-only mode', () => {
    const repository = 'library/frozen';
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      registry = await harness().registry('memory');
      token = await harness().tokenFor([repository]);
    });
    afterAll(() => registry.close());

    const turn = (value: string) =>
      harness().db.run(
        sql(
          "INSERT INTO properties (k, v) VALUES ('read_only', $1) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
          value,
        ),
      );
    const start = () => registry.call('POST', `/v2/${repository}/blobs/uploads/`, { token });

    it('refuses every change within seconds, and lets everybody pull', async () => {
      const layer = randomText();
      const image = await registry.pushImage(repository, token, 'v1', layer);
      const location = await registry.startUpload(repository, token);
      await turn('true');
      await eventually(start, ({ status }) => status === 403);
      const base = `/v2/${repository}`;
      for (const answer of [
        await start(),
        await registry.call('PATCH', location, { token, body: 'more' }),
        await registry.call('PUT', `${location}?digest=${sha256('')}`, { token }),
        await registry.call('DELETE', location, { token }),
        await registry.pushManifest(repository, token, 'v2', image),
        await registry.call('DELETE', `${base}/manifests/v1`, { token }),
        await registry.call('DELETE', `${base}/blobs/${sha256(layer)}`, { token }),
        await registry.call('POST', `${base}/blobs/uploads/`),
      ]) {
        expect(answer.status).toBe(403);
        expect(answer.json()).toMatchObject({
          errors: [{ code: 'DENIED', message: 'The system is in read only mode. Any modification is prohibited.' }],
        });
      }
      for (const path of ['manifests/v1', `blobs/${sha256(layer)}`, 'tags/list', `referrers/${image.digest}`]) {
        expect((await registry.call('GET', `${base}/${path}`, { token })).status).toBe(200);
      }
      expect((await registry.call('HEAD', `${base}/manifests/v1`, { token })).status).toBe(200);
      expect((await registry.call('GET', location, { token })).headers['range']).toBe('0-0');

      const late = await harness().registry('memory');
      const first = await late.call('POST', `${base}/blobs/uploads/`, { token });
      expect(first.status).toBe(403);
      await late.close();

      await turn('false');
      expect((await eventually(start, ({ status }) => status !== 403)).status).toBe(202);
    }, 15_000);
  });
}
