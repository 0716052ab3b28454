import { OutboundClient } from '@haven/outbound';
import { createRemoteRegistry, type RemoteRegistry } from '@haven/registry-client';
import { ContentBuilder } from './content-builder.js';
import { admin, createdId, type CoreApp } from './core-app.js';

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

/** This API as the other end of a replication: what the adapter `harbor` asks of it. */
export function describePeer(get: () => CoreApp): void {
  describe('another platform', () => {
    const outbound = new OutboundClient({ reach: 'loopback' });
    let core: CoreApp;
    let remote: RemoteRegistry;
    let content: ContentBuilder;

    beforeAll(async () => {
      core = get();
      const credential = { type: 'basic', accessKey: admin.username, accessSecret: admin.password } as const;
      const endpoint = { id: 1, name: 'peer', type: 'harbor', url: await core.listen(), insecure: false, credential };
      remote = createRemoteRegistry(endpoint, outbound);
      content = new ContentBuilder(core.db, await core.createProject('peer'), 'peer');
    });
    afterAll(() => outbound.close());

    it('finds repositories by the start of their names, however many pages they are', async () => {
      const all = Array.from({ length: 101 }, (_, at) => `many/app-${String(at).padStart(3, '0')}`);
      for (const name of all) await content.push(name, name);
      await content.push('other', 'other');
      const found = await collect(remote.listRepositories({ namePattern: 'peer/many/*' }));
      expect(found.sort()).toEqual(all.map((name) => `peer/${name}`));
      expect(await collect(remote.listRepositories({ namePattern: '**' }))).toContain('peer/other');
    });

    it('makes the projects that it pushes into', async () => {
      await remote.prepareForPush(['peer/app', 'made/app', 'made-too/a/b']);
      await remote.prepareForPush(['made/app']);
      for (const name of ['made', 'made-too']) {
        expect((await core.get(`/projects/${name}`, admin)).body).toMatchObject({
          name,
          metadata: { public: 'false' },
        });
      }
    });

    it('finds artifacts by their labels, deletes a tag alone, and learns where a blob is', async () => {
      const digest = await content.push('nested/app', 'labelled', { tag: '1' });
      await content.push('nested/app', 'plain', { tag: '2' });
      const labelId = createdId(await core.post('/labels', { name: 'prod', scope: 'g' }, admin));
      await core.post(`/projects/peer/repositories/nested%252Fapp/artifacts/1/labels`, { id: labelId }, admin);
      expect(await remote.listLabels!()).toEqual(['prod']);
      const listed = await collect(remote.listArtifacts!('peer/nested/app', { labels: ['prod'] }));
      expect(listed).toMatchObject([{ digest, tags: ['1'], labels: ['prod'] }]);
      expect(await collect(remote.listArtifacts!('peer/nested/app', {}))).toHaveLength(2);
      expect(await remote.deleteTag('peer/nested/app', '1')).toBe(true);
      expect(await remote.deleteTag('peer/nested/app', '1')).toBe(false);
      expect(await collect(remote.listArtifacts!('peer/nested/app', {}))).toHaveLength(2);
      expect(await remote.findBlob!(digest as Parameters<NonNullable<RemoteRegistry['findBlob']>>[0])).toBeNull();
    });
  });
}
