import { sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** What Prometheus is told of the named series; nothing where there is none. */
async function scrape(registry: TestRegistry, ...series: string[]): Promise<Record<string, number>> {
  const { bytes } = await registry.call('GET', '/metrics');
  const lines = bytes.toString().split('\n');
  return Object.fromEntries(
    series.flatMap((name) => {
      const line = lines.find((candidate) => candidate.startsWith(`${name} `));
      return line === undefined ? [] : [[name, Number(line.slice(name.length))]];
    }),
  );
}

/** Of how much goes in and out, to and from whom. */
export function metricsCases(harness: () => RegistryHarness): void {
  describe('metrics', () => {
    const bytes = 'twenty bytes of blob';
    const digest = sha256(bytes);
    const repository = 'metered/app';
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      await harness().project('metered');
      await harness().project('unmetered');
      registry = await harness().registry('filesystem', { HAVEN_BLOB_DELIVERY: 'nginx', HAVEN_METRICS_PROJECTS: '1' });
      token = await harness().tokenFor([repository, 'metered/other', 'unmetered/app']);
      await registry.pushBlob(repository, token, bytes);
    });
    afterAll(() => registry.close());

    it('count what is pushed, by project', async () => {
      const pushed = 'haven_registry_pushed_bytes_total{project="metered"}';
      const blobs = 'haven_registry_pushes_total{project="metered",kind="blob"}';
      const mounts = 'haven_registry_pushes_total{project="metered",kind="mount"}';
      expect(await scrape(registry, pushed, blobs, mounts)).toEqual({ [pushed]: 20, [blobs]: 1, [mounts]: 0 });
      await registry.call('POST', `/v2/metered/other/blobs/uploads/?mount=${digest}&from=${repository}`, { token });
      expect(await scrape(registry, pushed, blobs, mounts)).toEqual({ [pushed]: 20, [blobs]: 1, [mounts]: 1 });
    });

    it('count what is pulled as long as it is, also where nginx sends it', async () => {
      const path = `/v2/${repository}/blobs/${digest}`;
      const pulled = 'haven_registry_pulled_bytes_total{project="metered"}';
      const pulls = 'haven_registry_pulls_total{project="metered",kind="blob"}';
      await registry.call('HEAD', path, { token });
      await registry.call('GET', path, { token, headers: { 'if-none-match': `"${digest}"` } });
      expect(await scrape(registry, pulled, pulls)).toEqual({ [pulled]: 0, [pulls]: 0 });
      expect((await registry.call('GET', path, { token })).headers).toHaveProperty('x-accel-redirect');
      expect(await scrape(registry, pulled, pulls)).toEqual({ [pulled]: 20, [pulls]: 1 });
      await registry.call('GET', path, { token, headers: { range: 'bytes=15-' } });
      await registry.call('GET', path, { token, headers: { range: 'bytes=20-' } });
      expect(await scrape(registry, pulled, pulls)).toEqual({ [pulled]: 25, [pulls]: 2 });
    });

    it('put projects beyond the limit together', async () => {
      await registry.pushBlob('unmetered/app', token, 'abc');
      const own = 'haven_registry_pushed_bytes_total{project="unmetered"}';
      const other = 'haven_registry_pushed_bytes_total{project="_other"}';
      expect(await scrape(registry, own, other)).toEqual({ [other]: 3 });
    });

    it('count requests under the names of Harbor and of distribution', async () => {
      const harbor = 'harbor_core_http_request_total{method="GET",code="404",operation="v2_manifest"}';
      const distribution = 'registry_http_requests_total{handler="manifest",method="get",code="404"}';
      const seconds = 'registry_http_request_duration_seconds_count{handler="manifest",method="get"}';
      const inFlight = 'registry_http_in_flight_requests{handler="manifest"}';
      await registry.call('GET', `/v2/${repository}/manifests/none`, { token });
      expect(await scrape(registry, harbor, distribution, seconds, inFlight)).toEqual({
        [harbor]: 1,
        [distribution]: 1,
        [seconds]: 1,
        [inFlight]: 0,
      });
      await registry.call('GET', '/v2/Not/A/Path', { token });
      const others = 'registry_http_requests_total{handler="others",method="get",code="404"}';
      expect(await scrape(registry, others)).toEqual({ [others]: 1 });
    });

    it('show that a manifest which was just pushed is not read again for its first pull', async () => {
      const hits = 'haven_cache_requests_total{cache="manifest",result="hit"}';
      const misses = 'haven_cache_requests_total{cache="manifest",result="miss"}';
      await registry.pushImage(repository, token, 'fresh', 'layer of fresh');
      await registry.call('GET', `/v2/${repository}/manifests/fresh`, { token });
      expect(await scrape(registry, hits, misses)).toEqual({ [hits]: 1, [misses]: 0 });
    });

    it('tell of caches, pools and room', async () => {
      const hits = 'haven_cache_requests_total{cache="token",result="hit"}';
      const misses = 'haven_cache_requests_total{cache="token",result="miss"}';
      const pool = 'haven_database_pool_size{pool="push"}';
      const told = await scrape(registry, hits, misses, pool, 'haven_storage_free_bytes');
      expect(told[misses]).toBe(1);
      expect(told[hits]).toBeGreaterThan(5);
      expect(told[pool]).toBe(12);
      expect(told['haven_storage_free_bytes']).toBeGreaterThan(0);
    });
  });
}
