import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '@haven/models';
import { eventually, indexOf, randomText, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** What core is told, and what the projection shows. */
export function eventCases(harness: () => RegistryHarness): void {
  describe('events', () => {
    const repository = 'library/told';
    let coreUrl: string;
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      coreUrl = await harness().core.start();
      registry = await harness().registry('filesystem', { HAVEN_CORE_URL: coreUrl });
      token = await harness().tokenFor([repository]);
      // What earlier cases have left is due again in minutes only.
      await harness().db.run(sql('DELETE FROM outbox'));
      harness().core.events.length = 0;
    });
    afterAll(async () => {
      await registry.close();
      await harness().core.stop();
    });

    const told = (action: string) => harness().core.events.filter((event) => event.action === action);

    it('tells of pushes and deletions, at least once, also when core was away', async () => {
      harness().core.failWith = 503;
      const image = await registry.pushImage(repository, token, 'v1', randomText());
      await eventually(
        () => harness().count("outbox WHERE consumer = 'core' AND attempts > 0"),
        (tried) => tried > 0,
      );
      expect(harness().core.events).toEqual([]);
      harness().core.failWith = null;
      const [pushed] = await eventually(
        () => told('push'),
        (events) => events.length > 0,
      );
      expect(pushed).toMatchObject({
        target: { repository, digest: image.digest, tag: 'v1', mediaType: image.mediaType, size: image.text.length },
        actor: { name: 'alice' },
        request: { addr: '127.0.0.1', method: 'PUT' },
        projectId: 1,
      });
      await registry.call('DELETE', `/v2/${repository}/manifests/${image.digest}`, { token });
      const [deleted] = await eventually(
        () => told('delete'),
        (events) => events.length > 0,
      );
      expect(deleted).toMatchObject({ target: { repository, digest: image.digest } });
      await eventually(
        () => harness().count("outbox WHERE consumer = 'core'"),
        (left) => left === 0,
      );
    });

    it('counts pulls, together, and not those of its own client', async () => {
      const image = await registry.pushImage(repository, token, 'pulled', randomText());
      const path = `/v2/${repository}/manifests`;
      for (let turn = 0; turn < 3; turn += 1) await registry.call('GET', `${path}/pulled`, { token });
      await registry.call('GET', `${path}/${image.digest}`, { token });
      await registry.call('HEAD', `${path}/pulled`, { token });
      const headers = { 'user-agent': 'harbor-registry-client' };
      await registry.call('GET', `${path}/pulled`, { token, headers });
      const pulls = await eventually(
        () => told('pull'),
        (events) => events.length >= 2,
      );
      expect(pulls.map(({ target, count }) => [target.tag, count])).toEqual([
        ['pulled', 3],
        [undefined, 1],
      ]);
      expect(pulls[0]).toMatchObject({
        target: { digest: image.digest, repository, url: `http://localhost:8080${path}/${image.digest}` },
        actor: { name: 'alice' },
        artifactId: expect.any(Number) as number,
      });
    });

    it('loses no pull while core is away, nor at a stop', async () => {
      const other = await harness().registry('filesystem', {
        HAVEN_CORE_URL: coreUrl,
        HAVEN_STORAGE_ROOT: registry.root,
      });
      const image = await other.pushImage(repository, token, 'late', randomText());
      const path = `/v2/${repository}/manifests/${image.digest}`;
      const counted = () =>
        told('pull')
          .filter(({ target }) => target.digest === image.digest)
          .reduce((sum, { count }) => sum + (count ?? 0), 0);
      const { core } = harness();
      const failures = core.failures;
      core.failWith = 500;
      await other.call('GET', path, { token });
      await eventually(
        () => core.failures,
        (seen) => seen > failures,
      );
      await other.call('GET', path, { token });
      core.failWith = null;
      await eventually(counted, (sum) => sum === 2);
      await other.call('GET', path, { token });
      await other.close();
      expect(counted()).toBe(3);
    });

    it('keeps the files of a stock registry in step', async () => {
      const image = await registry.pushImage(repository, token, 'seen', randomText());
      const index = indexOf([image]);
      await registry.pushManifest(repository, token, 'index', index);
      const folder = join(registry.root, 'docker/registry/v2/repositories', repository);
      const read = (path: string) => readFile(join(folder, path), 'utf8').catch(() => null);
      const link = (digest: string) => digest.replace(':', '/');
      await eventually(
        () => read('_manifests/tags/index/current/link'),
        (text) => text === index.digest,
      );
      expect(await read('_manifests/tags/seen/current/link')).toBe(image.digest);
      expect(await read(`_manifests/revisions/${link(image.digest)}/link`)).toBe(image.digest);
      const [, hex = ''] = index.digest.split(':');
      const data = join(registry.root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
      expect(await readFile(data, 'utf8')).toBe(index.text);
      await registry.call('DELETE', `/v2/${repository}/manifests/${index.digest}`, { token });
      await eventually(
        () => read('_manifests/tags/index/current/link'),
        (text) => text === null,
      );
      expect(await read('_manifests/tags/seen/current/link')).toBe(image.digest);
    });
  });
}
