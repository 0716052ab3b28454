import { Readable } from 'node:stream';
import { sql } from '@haven/models';
import {
  imageManifest,
  indexOf,
  randomText,
  sha256,
  sha512,
  type Driver,
  type RegistryHarness,
  type TestRegistry,
} from './registry-harness.js';

/** The whole way of an image, in and out, on one storage driver. */
export function pushPullCases(driver: Driver, harness: () => RegistryHarness): void {
  describe(`push and pull on the ${driver} driver`, () => {
    const repository = `library/${driver}/app`;
    let registry: TestRegistry;
    let token: string;
    let pullToken: string;

    beforeAll(async () => {
      registry = await harness().registry(driver);
      token = await harness().tokenFor([repository]);
      pullToken = await harness().tokenFor([repository], ['pull']);
    });
    afterAll(() => registry.close());

    it('takes a blob in chunks, tells how far it has come, and gives it back', async () => {
      const [first, second] = [randomText(), randomText()];
      const digest = sha256(first + second);
      const opened = await registry.call('POST', `/v2/${repository}/blobs/uploads/`, { token });
      const location = opened.headers['location'] ?? '';
      expect(opened.status).toBe(202);
      expect(opened.headers).toMatchObject({ range: '0-0', 'content-length': '0' });
      expect(location).toBe(`/v2/${repository}/blobs/uploads/${opened.headers['docker-upload-uuid']}`);

      const range = { 'content-range': `0-${first.length - 1}` };
      const one = await registry.call('PATCH', location, { token, headers: range, body: first });
      expect([one.status, one.headers['range'], one.headers['location']]).toEqual([202, '0-47', location]);
      const status = await registry.call('GET', location, { token });
      expect([status.status, status.headers['range']]).toEqual([204, '0-47']);

      const again = await registry.call('PATCH', location, { token, headers: range, body: first });
      expect([again.status, again.errorCode, again.headers['range']]).toEqual([416, 'RANGE_INVALID', '0-47']);
      const two = await registry.call('PATCH', location, {
        token,
        headers: { 'content-range': `bytes 48-95/96` },
        body: second,
      });
      expect([two.status, two.headers['range']]).toEqual([202, '0-95']);

      const done = await registry.call('PUT', `${location}?digest=${digest}`, { token });
      expect(done.status).toBe(201);
      expect(done.headers).toMatchObject({
        location: `/v2/${repository}/blobs/${digest}`,
        'docker-content-digest': digest,
      });
      const blob = await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token: pullToken });
      expect(blob.bytes.toString()).toBe(first + second);
      expect((await registry.call('GET', location, { token })).errorCode).toBe('BLOB_UPLOAD_UNKNOWN');
    });

    it('takes a blob with the closing request, in one request, empty, and by its sha512', async () => {
      const path = `/v2/${repository}/blobs`;
      const closing = randomText();
      const location = await registry.startUpload(repository, token);
      await registry.call('PATCH', location, { token, body: closing.slice(0, 10) });
      const url = `${location}?digest=${sha256(closing)}`;
      expect((await registry.call('PUT', url, { token, body: closing.slice(10) })).status).toBe(201);
      expect((await registry.call('GET', `${path}/${sha256(closing)}`, { token })).bytes.toString()).toBe(closing);

      const single = randomText();
      const headers = { 'content-type': 'application/octet-stream' };
      const posted = `${path}/uploads/?digest=${sha256(single)}`;
      expect((await registry.call('POST', posted, { token, headers, body: single })).status).toBe(201);

      const empty = await registry.startUpload(repository, token);
      expect((await registry.call('PUT', `${empty}?digest=${sha256('')}`, { token })).status).toBe(201);
      expect((await registry.call('GET', `${path}/${sha256('')}`, { token })).headers['content-length']).toBe('0');

      const wide = randomText();
      const opened = await registry.startUpload(repository, token);
      await registry.call('PATCH', opened, { token, body: wide });
      const finished = await registry.call('PUT', `${opened}?digest=${sha512(wide)}`, { token });
      expect([finished.status, finished.headers['docker-content-digest']]).toEqual([201, sha512(wide)]);
      expect((await registry.call('GET', `${path}/${sha512(wide)}`, { token })).bytes.toString()).toBe(wide);
      const wideAtOnce = randomText();
      const atOnce = `${path}/uploads/?digest=${sha512(wideAtOnce)}`;
      expect((await registry.call('POST', atOnce, { token, body: wideAtOnce })).status).toBe(201);
    });

    it('takes an upload of unknown length and an empty start that claims to be JSON', async () => {
      const opened = await registry.call('POST', `/v2/${repository}/blobs/uploads/`, {
        token,
        headers: { 'content-type': 'application/json' },
      });
      expect(opened.status).toBe(202);
      const pieces = Array.from({ length: 40 }, () => Buffer.alloc(50_000, randomText()));
      const location = opened.headers['location'] ?? '';
      const streamed = await registry.call('PATCH', location, { token, body: Readable.from(pieces) });
      expect([streamed.status, streamed.headers['range']]).toEqual([202, '0-1999999']);
      const digest = sha256(Buffer.concat(pieces));
      expect((await registry.call('PUT', `${location}?digest=${digest}`, { token })).status).toBe(201);
    });

    it('refuses a blob that is not what its digest says, and forgets the upload', async () => {
      const location = await registry.startUpload(repository, token);
      await registry.call('PATCH', location, { token, body: 'these bytes' });
      const refused = await registry.call('PUT', `${location}?digest=${sha256('others')}`, { token });
      expect([refused.status, refused.errorCode]).toEqual([400, 'DIGEST_INVALID']);
      expect((await registry.call('GET', location, { token })).status).toBe(404);
      expect((await registry.call('HEAD', `/v2/${repository}/blobs/${sha256('others')}`, { token })).status).toBe(404);
      const opened = await registry.startUpload(repository, token);
      for (const bad of ['', 'sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e']) {
        const answer = await registry.call('PUT', `${opened}?digest=${bad}`, { token });
        expect([answer.status, answer.errorCode]).toEqual([400, 'DIGEST_INVALID']);
      }
    });

    it('refuses a length that contradicts itself, and cancels on request', async () => {
      const location = await registry.startUpload(repository, token);
      const headers = { 'content-range': '0-99' };
      const wrong = await registry.call('PATCH', location, { token, headers, body: 'short' });
      expect([wrong.status, wrong.errorCode]).toEqual([400, 'SIZE_INVALID']);
      const long = await registry.call('PATCH', location, { token, headers, body: Readable.from([Buffer.alloc(200)]) });
      expect([long.status, long.errorCode]).toEqual([413, 'SIZE_INVALID']);
      const short = await registry.call('PATCH', location, { token, headers, body: Readable.from([Buffer.alloc(20)]) });
      expect([short.status, short.errorCode]).toEqual([400, 'SIZE_INVALID']);
      expect((await registry.call('GET', location, { token })).headers['range']).toBe('0-19');
      const nonsense = await registry.call('PATCH', location, { token, headers: { 'content-range': 'x' }, body: 'a' });
      expect(nonsense.status).toBe(416);
      expect((await registry.call('DELETE', location, { token })).status).toBe(204);
      expect((await registry.call('DELETE', location, { token })).status).toBe(404);
      expect((await registry.call('PATCH', location, { token, body: 'x' })).errorCode).toBe('BLOB_UPLOAD_UNKNOWN');
    });

    it('serves manifests byte for byte, by tag and by digest, whatever the client accepts', async () => {
      const image = await registry.pushImage(repository, token, 'v1', randomText());
      for (const reference of ['v1', image.digest]) {
        const path = `/v2/${repository}/manifests/${reference}`;
        const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
        const got = await registry.call('GET', path, { token: pullToken, headers });
        expect(got.bytes.toString()).toBe(image.text);
        const expected = {
          'content-type': image.mediaType,
          'docker-content-digest': image.digest,
          etag: `"${image.digest}"`,
          'content-length': String(image.text.length),
          'docker-distribution-api-version': 'registry/2.0',
        };
        expect(got.headers).toMatchObject(expected);
        const head = await registry.call('HEAD', path, { token: pullToken });
        expect([head.status, head.bytes.length]).toEqual([200, 0]);
        expect(head.headers).toMatchObject(expected);
        for (const tag of [`"${image.digest}"`, image.digest, `W/"x", "${image.digest}"`]) {
          const same = await registry.call('GET', path, { token: pullToken, headers: { 'if-none-match': tag } });
          expect([same.status, same.bytes.length, same.headers['etag']]).toEqual([304, 0, `"${image.digest}"`]);
        }
      }
      const missing = await registry.call('GET', `/v2/${repository}/manifests/nothing`, { token });
      expect([missing.status, missing.errorCode]).toEqual([404, 'MANIFEST_UNKNOWN']);
      const extra = await harness().db.one<{ attrs: unknown; type: string; size: number }>(
        sql('SELECT extra_attrs AS attrs, type, size FROM artifact WHERE digest = $1', image.digest),
      );
      expect(extra).toMatchObject({
        type: 'IMAGE',
        attrs: { architecture: 'amd64', os: 'linux', author: '', created: null, config: { Env: ['A=b'] } },
      });
    });

    it('answers HEAD, ranges and conditions on blobs', async () => {
      const bytes = '0123456789'.repeat(10);
      const digest = await registry.pushBlob(repository, token, bytes);
      const path = `/v2/${repository}/blobs/${digest}`;
      const get = (headers: Record<string, string>) => registry.call('GET', path, { token: pullToken, headers });
      const head = await registry.call('HEAD', path, { token: pullToken });
      expect(head.headers).toMatchObject({ 'content-length': '100', 'docker-content-digest': digest });
      const part = await get({ range: 'bytes=10-19' });
      expect([part.status, part.bytes.toString()]).toEqual([206, '0123456789']);
      expect(part.headers).toMatchObject({ 'content-range': 'bytes 10-19/100', 'content-length': '10' });
      expect((await get({ range: 'bytes=-5' })).bytes.toString()).toBe('56789');
      const beyond = await get({ range: 'bytes=100-' });
      expect([beyond.status, beyond.errorCode, beyond.headers['content-range']]).toEqual([
        ...[416, 'RANGE_INVALID', 'bytes */100'],
      ]);
      expect((await get({ range: 'bytes=0-1,5-6' })).status).toBe(200);
      expect((await get({ 'if-none-match': `"${digest}"` })).status).toBe(304);
      expect((await get({ range: 'bytes=0-1', 'if-range': `"${digest}"` })).status).toBe(206);
      expect((await get({ range: 'bytes=0-1', 'if-range': '"another"' })).status).toBe(200);
      const unknown = await registry.call('GET', `/v2/${repository}/blobs/${sha256('nobody')}`, { token });
      expect([unknown.status, unknown.errorCode]).toEqual([404, 'BLOB_UNKNOWN']);
    });

    it('mounts what the caller may pull, and opens an upload for everything else', async () => {
      const source = `lender-${driver}/base`;
      const target = `library/${driver}/target`;
      await harness().project(`lender-${driver}`);
      const both = await harness().tokenFor([source, target]);
      const onlyTarget = await harness().tokenFor([target]);
      const refusedSource = await harness().token([
        ...(await harness().grants([target])),
        ...(await harness().grants([source], [])),
      ]);
      const digest = await registry.pushBlob(source, both, randomText());
      const mount = (asked: string, query: string) =>
        registry.call('POST', `/v2/${target}/blobs/uploads/?mount=${query}`, { token: asked });

      for (const answer of [
        await mount(refusedSource, `${digest}&from=${source}`),
        await mount(onlyTarget, digest),
        await mount(onlyTarget, `${digest}&from=../x`),
        await mount(both, `${sha256('nowhere')}&from=${source}`),
        await mount(both, `nonsense&from=${source}`),
      ]) {
        expect([answer.status, typeof answer.headers['docker-upload-uuid']]).toEqual([202, 'string']);
      }
      const unasked = await mount(onlyTarget, `${digest}&from=${source}`);
      expect(unasked.status).toBe(401);
      expect(unasked.headers['www-authenticate']).toMatch(
        /scope="repository:\S+:pull,push repository:\S+:pull",error="insufficient_scope"$/,
      );

      const mounted = await mount(both, `${digest}&from=${source}`);
      expect([mounted.status, mounted.headers['location']]).toEqual([201, `/v2/${target}/blobs/${digest}`]);
      expect(mounted.headers['docker-content-digest']).toBe(digest);
      expect((await registry.call('HEAD', `/v2/${target}/blobs/${digest}`, { token: both })).status).toBe(200);

      const neighbour = `library/${driver}/neighbour`;
      const path = `/v2/${neighbour}/blobs/uploads/?mount=${digest}`;
      const found = await registry.call('POST', path, { token: await harness().tokenFor([neighbour]) });
      expect(found.status).toBe(201);
    });

    it('lets a manifest name only what its repository has', async () => {
      const elsewhere = `library/${driver}/elsewhere`;
      const both = await harness().tokenFor([repository, elsewhere]);
      const layer = randomText();
      const digest = await registry.pushBlob(elsewhere, both, layer);
      const config = await registry.pushBlob(repository, both, '{}');
      const manifest = imageManifest({ digest: config, size: 2 }, [{ digest, size: layer.length }]);
      const refused = await registry.pushManifest(repository, both, 'stolen', manifest);
      expect([refused.status, refused.errorCode]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN']);
      const childless = await registry.pushManifest(repository, both, 'index', indexOf([manifest]));
      expect([childless.status, childless.errorCode]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN']);
    });

    it('takes an index, and manifests by digest in either algorithm', async () => {
      const child = await registry.pushImage(repository, token, 'child', randomText());
      const index = indexOf([child]);
      const pushed = await registry.pushManifest(repository, token, 'multi', index);
      expect([pushed.status, pushed.headers['location']]).toEqual([201, `/v2/${repository}/manifests/${index.digest}`]);
      const { size } = await harness().db.one<{ size: number }>(
        sql('SELECT size FROM artifact WHERE digest = $1', index.digest),
      );
      const childSize = await harness().db.one<{ size: number }>(
        sql('SELECT size FROM artifact WHERE digest = $1', child.digest),
      );
      expect(size).toBe(index.text.length + childSize.size);
      const wide = sha512(child.text);
      const byWide = await registry.pushManifest(repository, token, wide, child);
      expect([byWide.status, byWide.headers['docker-content-digest']]).toEqual([201, wide]);
      expect((await registry.call('GET', `/v2/${repository}/manifests/${wide}`, { token })).status).toBe(200);
      const wrong = await registry.pushManifest(repository, token, sha256('another'), child);
      expect([wrong.status, wrong.errorCode]).toEqual([400, 'DIGEST_INVALID']);
    });

    it('tells whoever may push that a damaged blob is not there, until it is pushed again', async () => {
      const layer = randomText();
      const image = await registry.pushImage(repository, token, 'damaged', layer);
      await registry.pushManifest(repository, token, 'damaged-index', indexOf([image]));
      const digest = sha256(layer);
      const { db } = harness();
      await db.run(sql(`UPDATE blob SET status = 'quarantined' WHERE digest = $1`, digest));
      await db.run(sql(`INSERT INTO blob_damage (digest, kind, size) VALUES ($1, 'corrupt', 1)`, digest));
      const statuses = (asked: string): Promise<number[]> =>
        Promise.all(
          ['manifests/damaged', 'manifests/damaged-index', `blobs/${digest}`].map(async (path) => {
            const { status } = await registry.call('HEAD', `/v2/${repository}/${path}`, { token: asked });
            return status;
          }),
        );
      expect([await statuses(token), await statuses(pullToken)]).toEqual([
        [404, 404, 404],
        [200, 200, 404],
      ]);
      const refused = await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token: pullToken });
      expect([refused.status, refused.errorCode]).toEqual([404, 'BLOB_UNKNOWN']);
      expect(refused.bytes.toString()).toContain('push it again');
      expect((await registry.pushManifest(repository, token, 'other', image)).errorCode).toBe('MANIFEST_BLOB_UNKNOWN');

      await registry.pushBlob(repository, token, layer);
      expect([await statuses(token), await statuses(pullToken)]).toEqual([
        [200, 200, 200],
        [200, 200, 200],
      ]);
      expect((await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token })).bytes.toString()).toBe(layer);
    });
  });
}
