import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { eventually, sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** Transfers that are shown while they run, and bytes that are counted. */
export function transferCases(harness: () => RegistryHarness): void {
  describe('transfers', () => {
    const repository = 'library/moved';
    let coreUrl: string;
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      coreUrl = await harness().core.start();
      registry = await harness().registry('filesystem', { HAVEN_CORE_URL: coreUrl });
      token = await harness().tokenFor([repository]);
    });
    afterAll(async () => {
      await registry.close();
      await harness().core.stop();
    });
    beforeEach(() => {
      harness().core.transfers.length = 0;
    });

    const told = (kind: string) => harness().core.transfers.filter((news) => news.kind === kind);
    const lastRunning = () => told('running').at(-1)?.transfers;
    const receivedFor = (name: string) =>
      harness()
        .core.traffic.flatMap(({ items }) => items)
        .filter((item) => item.repository === name)
        .reduce((sum, { bytesIn }) => sum + bytesIn, 0);
    const received = () => receivedFor(repository);

    it('tells of a push while it runs, with the pieces it comes in, and of its end with all its bytes', async () => {
      const before = received();
      const location = await registry.startUpload(repository, token);
      const [first, second] = [randomBytes(600_000), randomBytes(400_000)];
      const slow = new PassThrough();
      const patch = registry.call('PATCH', location, { token, body: slow, headers: { 'content-length': '600000' } });
      slow.write(first.subarray(0, 500_000));
      const [running] = (await eventually(lastRunning, (transfers) => transfers?.[0]?.['bytes'] === 500_000)) ?? [];
      expect(running).toEqual({
        ...{ id: location.split('/').at(-1), kind: 'push', projectId: 1, repository, username: 'alice' },
        ...{ address: '127.0.0.1', startTime: expect.any(String) as string, bytes: 500_000, totalBytes: 600_000 },
        bytesPerSecond: expect.any(Number) as number,
      });
      slow.end(first.subarray(500_000));
      await patch;
      await registry.call('PATCH', location, { token, body: second });
      const { status } = await registry.call('PUT', `${location}?digest=${sha256(Buffer.concat([first, second]))}`, {
        token,
      });
      expect(status).toBe(201);
      await eventually(
        () => told('ended').flatMap(({ transfers }) => transfers),
        (ended) => ended.some(({ id, bytes }) => id === running?.['id'] && bytes === 1_000_000),
      );
      await eventually(lastRunning, (transfers) => transfers?.length === 0);
      await eventually(received, (bytes) => bytes - before === 1_000_000);
    });

    it('says nothing of what is small and quick', async () => {
      await registry.pushBlob(repository, token, randomBytes(1_000));
      const before = received();
      await registry.pushBlob(repository, token, randomBytes(1_000));
      // By then two seconds have gone by.
      await eventually(received, (bytes) => bytes > before);
      expect(harness().core.transfers).toEqual([]);
    });

    it('hands large pulls over to nginx, with the size of what is asked for, and counts what it sends itself', async () => {
      const byNginx = await harness().registry('filesystem', {
        ...{ HAVEN_CORE_URL: coreUrl, HAVEN_STORAGE_ROOT: registry.root, HAVEN_BLOB_DELIVERY: 'nginx' },
      });
      const digest = await registry.pushBlob(repository, token, randomBytes(5_000_000));
      const path = `/v2/${repository}/blobs/${digest}`;
      await byNginx.call('GET', path, { token, headers: { 'x-request-id': 'whole' } });
      await byNginx.call('GET', path, { token, headers: { 'x-request-id': 'part', range: 'bytes=0-9' } });
      await byNginx.call('HEAD', path, { token, headers: { 'x-request-id': 'head' } });
      const [started] = await eventually(
        () => told('started').flatMap(({ transfers }) => transfers),
        (transfers) => transfers.length > 0,
      );
      expect(started).toMatchObject({ id: `whole ${digest}`, kind: 'pull', repository, digest, totalBytes: 5_000_000 });
      await byNginx.close();
      expect(told('started').flatMap(({ transfers }) => transfers)).toHaveLength(1);

      await registry.call('GET', path, { token, headers: { 'x-request-id': 'streamed' } });
      const ended = await eventually(
        () => told('ended').flatMap(({ transfers }) => transfers.filter(({ id }) => id === `streamed ${digest}`)),
        (transfers) => transfers.length > 0,
      );
      expect(ended).toEqual([{ id: `streamed ${digest}`, bytes: 5_000_000 }]);
    });

    it('counts bytes once, though core was away', async () => {
      const { core } = harness();
      const failures = core.failures;
      const counted = 'library/counted';
      core.failWith = 503;
      await registry.pushBlob(counted, await harness().tokenFor([counted]), randomBytes(700));
      await eventually(
        () => core.failures,
        (seen) => seen > failures,
      );
      core.failWith = null;
      await eventually(
        () => receivedFor(counted),
        (bytes) => bytes === 700,
      );
      const ids = core.traffic.map(({ counted }) => counted.id);
      expect(new Set(ids).size).toBe(ids.length);
    }, 15_000);
  });
}
