import { sql } from '@haven/models';
import { imageManifest, sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** Tags, repositories and referrers: order, pages and filters. */
export function listCases(harness: () => RegistryHarness): void {
  describe('lists', () => {
    let registry: TestRegistry;

    beforeAll(async () => {
      registry = await harness().registry('memory');
    });
    afterAll(() => registry.close());

    it('lists tags in byte order, page by page', async () => {
      const repository = 'library/lists/tags';
      const token = await harness().tokenFor([repository]);
      const tags = ['B', 'a', '_x', 'Z9', 'a-1', 'a.1', '1.0', '1.10', '1.9'];
      const image = await registry.pushImage(repository, token, tags[0]!, 'tagged');
      for (const tag of tags.slice(1)) await registry.pushManifest(repository, token, tag, image);
      const path = `/v2/${repository}/tags/list`;
      const sorted = [...tags].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const all = await registry.call('GET', path, { token });
      expect([all.status, all.headers['content-type']]).toEqual([200, 'application/json']);
      expect(all.json()).toEqual({ name: repository, tags: sorted });
      expect(all.headers['link']).toBeUndefined();

      const seen: string[] = [];
      let next: string | undefined = `${path}?n=4`;
      while (next !== undefined) {
        const page = await registry.call('GET', next, { token });
        seen.push(...(page.json() as { tags: string[] }).tags);
        next = /^<(.*)>; rel="next"$/.exec(page.headers['link'] ?? '')?.[1];
      }
      expect(seen).toEqual(sorted);
      const exact = await registry.call('GET', `${path}?n=${tags.length}`, { token });
      expect(exact.headers['link']).toBeUndefined();
      const from = await registry.call('GET', `${path}?last=Z&n=1`, { token });
      expect(from.json()).toEqual({ name: repository, tags: ['Z9'] });
      const none = await registry.call('GET', `${path}?n=0`, { token });
      expect([none.json(), none.headers['link']]).toEqual([{ name: repository, tags: [] }, undefined]);
      for (const n of ['-1', 'x', '1.5']) {
        const bad = await registry.call('GET', `${path}?n=${n}`, { token });
        expect([bad.status, bad.errorCode]).toEqual([400, 'PAGINATION_NUMBER_INVALID']);
      }
      expect((await registry.call('GET', `${path}?last=%00`, { token })).status).toBe(400);
      expect((await registry.call('GET', `${path}?n=99999999999999999999`, { token })).status).toBe(200);
    });

    it('knows no repository before its first manifest', async () => {
      const repository = 'library/lists/unlisted';
      const token = await harness().tokenFor([repository]);
      const path = `/v2/${repository}/tags/list`;
      for (const push of [false, true]) {
        if (push) await registry.pushBlob(repository, token, 'only a blob');
        const answer = await registry.call('GET', path, { token });
        expect([answer.status, answer.errorCode]).toEqual([404, 'NAME_UNKNOWN']);
      }
    });

    it('lists repositories that hold something, page by page', async () => {
      const token = await harness().token([{ type: 'registry', name: 'catalog', actions: ['*'] }]);
      const names = ['library/lists/cat-a', 'library/lists/cat-b', 'library/lists/cat-c'];
      const pusher = await harness().tokenFor(names);
      for (const name of names) await registry.pushImage(name, pusher, 'v1', 'cat');
      const path = '/v2/_catalog?last=library/lists/cat-&n=2';
      const page = await registry.call('GET', path, { token });
      expect(page.json()).toEqual({ repositories: names.slice(0, 2) });
      expect(page.headers['link']).toBe('</v2/_catalog?last=library%2Flists%2Fcat-b&n=2>; rel="next"');
      const rest = await registry.call('GET', '/v2/_catalog?last=library%2Flists%2Fcat-b&n=1', { token });
      expect(rest.json()).toEqual({ repositories: names.slice(2) });
      expect((await registry.call('GET', '/v2/_catalog?n=-1', { token })).errorCode).toBe('PAGINATION_NUMBER_INVALID');
    });

    it('lists what refers to a manifest, by type if asked', async () => {
      const repository = 'library/lists/referrers';
      const token = await harness().tokenFor([repository]);
      const image = await registry.pushImage(repository, token, 'v1', 'referred to');
      const subject = { mediaType: image.mediaType, digest: image.digest, size: image.text.length };
      const config = { digest: await registry.pushBlob(repository, token, '{}'), size: 2 };
      const referrer = (artifactType: string) =>
        imageManifest(config, [], { subject, artifactType, annotations: { kind: artifactType } });
      const [sbom, signature] = [referrer('application/sbom'), referrer('application/vnd.cncf.notary.signature')];
      for (const manifest of [sbom, signature]) {
        const pushed = await registry.pushManifest(repository, token, manifest.digest, manifest);
        expect([pushed.status, pushed.headers['oci-subject']]).toEqual([201, image.digest]);
      }
      const path = `/v2/${repository}/referrers/${image.digest}`;
      const all = await registry.call('GET', path, { token });
      const index = all.json() as { manifests: { digest: string }[] };
      expect(all.headers).toMatchObject({ 'content-type': 'application/vnd.oci.image.index.v1+json' });
      expect(index.manifests.map(({ digest }) => digest)).toEqual([sbom.digest, signature.digest].sort());

      const filtered = await registry.call('GET', `${path}?artifactType=application/sbom`, { token });
      expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
      expect(filtered.json()).toEqual({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [
          {
            mediaType: sbom.mediaType,
            digest: sbom.digest,
            size: sbom.text.length,
            artifactType: 'application/sbom',
            annotations: { kind: 'application/sbom' },
          },
        ],
      });
      const paged = await registry.call('GET', `${path}?n=1`, { token });
      expect(paged.headers['link']).toMatch(/^<.*referrers.*last=sha256%3A.*&n=1>; rel="next"$/);
      const unknown = await registry.call('GET', `/v2/${repository}/referrers/${sha256('nothing')}`, { token });
      expect([unknown.status, (unknown.json() as typeof index).manifests]).toEqual([200, []]);
      expect((await registry.call('GET', `/v2/${repository}/referrers/latest`, { token })).status).toBe(400);
      const kinds = await harness().db.rows<{ type: string }>(
        sql('SELECT type FROM artifact_accessory WHERE subject_artifact_digest = $1 ORDER BY type', image.digest),
      );
      expect(kinds.map(({ type }) => type)).toEqual(['signature.notation', 'subject.accessory']);
    });
  });
}
