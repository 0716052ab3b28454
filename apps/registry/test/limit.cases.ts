import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { imageManifest, randomText, sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

/** Input that is too large, malformed or meant to do harm. */
export function limitCases(harness: () => RegistryHarness): void {
  describe('limits', () => {
    const repository = 'library/limits';
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      registry = await harness().registry('memory');
      token = await harness().tokenFor([repository]);
    });
    afterAll(() => registry.close());

    it('refuses manifests over 4 MiB, announced or not', async () => {
      const huge = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
      const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
      for (const body of [huge, Readable.from([huge.subarray(0, 3_000_000), huge.subarray(3_000_000)])]) {
        const answer = await registry.call('PUT', `/v2/${repository}/manifests/huge`, { token, headers, body });
        expect([answer.status, answer.errorCode]).toEqual([413, 'SIZE_INVALID']);
      }
    });

    it('refuses what is no manifest', async () => {
      const put = (body: string, type?: string) =>
        registry.call('PUT', `/v2/${repository}/manifests/bad`, {
          token,
          body,
          ...(type === undefined ? {} : { headers: { 'content-type': type } }),
        });
      const manifest = 'application/vnd.oci.image.manifest.v1+json';
      for (const answer of [
        await put('', manifest),
        await put('{', manifest),
        await put('[]', manifest),
        await put('{"schemaVersion":2}'),
        await put('{"schemaVersion":2}', 'text/plain'),
      ]) {
        expect([answer.status, answer.errorCode]).toEqual([400, 'MANIFEST_INVALID']);
      }
      const config = { digest: await registry.pushBlob(repository, token, '{}'), size: 2 };
      const withNul = imageManifest(config, [], { annotations: { text: 'a\0b' } });
      expect((await registry.pushManifest(repository, token, 'nul', withNul)).errorCode).toBe('MANIFEST_INVALID');
      expect((await put('{}', 'not a media type')).status).toBe(415);
    });

    it('refuses bad names, tags and digests', async () => {
      const cases: [string, number, string][] = [
        ['/v2/Library/App/manifests/v1', 400, 'NAME_INVALID'],
        ['/v2/library/a__-b/manifests/v1', 400, 'NAME_INVALID'],
        [`/v2/library/${'a'.repeat(300)}/tags/list`, 400, 'NAME_INVALID'],
        [`/v2/${repository}/manifests/-bad`, 400, 'TAG_INVALID'],
        [`/v2/${repository}/manifests/${'t'.repeat(129)}`, 400, 'TAG_INVALID'],
        [`/v2/${repository}/manifests/sha256:zz`, 400, 'DIGEST_INVALID'],
        [`/v2/${repository}/blobs/sha256:${'A'.repeat(64)}`, 400, 'DIGEST_INVALID'],
        [`/v2/${repository}/blobs/uploads/not-an-id`, 404, 'BLOB_UPLOAD_UNKNOWN'],
        [`/v2/${repository}`, 404, 'NAME_UNKNOWN'],
        ['/v2/nothing', 404, 'NAME_UNKNOWN'],
        ['/elsewhere', 404, 'NAME_UNKNOWN'],
      ];
      for (const [path, status, code] of cases) {
        const answer = await registry.call('GET', path, { token });
        expect([path, answer.status, answer.errorCode]).toEqual([path, status, code]);
      }
      const put = await registry.call('POST', `/v2/${repository}/manifests/v1`, { token });
      expect([put.status, put.errorCode, put.headers['allow']]).toEqual([405, 'UNSUPPORTED', 'GET, HEAD, PUT, DELETE']);
    });

    /** Sends a request line as it is: clients tidy paths up. */
    const raw = (path: string, method = 'GET') =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(registry.url);
        const socket = connect(Number(port), hostname);
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('end', () => {
          resolve(text);
        });
        socket.on('error', reject);
        socket.write(
          `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
        );
      });

    it('never leaves the names it is given', async () => {
      const paths = [
        `/v2/../etc/passwd`,
        `/v2/${repository}/../../x/manifests/v1`,
        `/v2/${repository}/manifests/..%2f..%2fx`,
        `/v2/%2e%2e/${repository}/manifests/v1`,
        `/v2/${repository}/blobs/..%2F..%2F..%2Fetc%2Fpasswd`,
        `/v2/${repository}/blobs/uploads/..%2f..%2fx`,
        `/v2//${repository}//manifests/v1`,
        `/v2/${repository}/manifests/%00`,
        `/v2/${repository}/manifests/%zz`,
        `/v2/library%2Flimits/manifests/v1`,
      ];
      for (const path of paths) {
        const answer = await raw(path);
        expect([path, /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]]).toEqual([path, expect.stringMatching(/^40[04]$/)]);
        expect(answer).toMatch(/\{"errors":\[\{"code":"[A-Z_]+"/);
        expect(answer.toLowerCase()).toContain('docker-distribution-api-version: registry/2.0');
      }
    });

    it('keeps the quota, at the start of an upload and at its end', async () => {
      await harness().project('tiny', 60);
      const tiny = await harness().tokenFor(['tiny/app', repository]);
      const small = randomText();
      await registry.pushBlob('tiny/app', tiny, small);
      const location = await registry.startUpload('tiny/app', tiny);
      const large = randomText();
      await registry.call('PATCH', location, { token: tiny, body: large });
      const refused = await registry.call('PUT', `${location}?digest=${sha256(large)}`, { token: tiny });
      expect([refused.status, refused.errorCode]).toEqual([403, 'DENIED']);
      expect((await registry.call('GET', location, { token: tiny })).status).toBe(404);
      expect(await harness().count('blob WHERE digest = $1', sha256(large))).toBe(0);

      const shared = await registry.pushBlob(repository, tiny, randomText());
      const mount = `/v2/tiny/app/blobs/uploads/?mount=${shared}&from=${repository}`;
      expect((await registry.call('POST', mount, { token: tiny })).status).toBe(403);
      await registry.pushBlob('tiny/app', tiny, '123456789012');
      expect((await registry.call('POST', '/v2/tiny/app/blobs/uploads/', { token: tiny })).status).toBe(403);

      const reason = '%will exceed the configured upper limit of 60%';
      expect(await harness().count("outbox WHERE topic = 'push.refused' AND payload->>'reason' LIKE $1", reason)).toBe(
        3,
      );
    });

    it('passes the id of a request on, or makes one', async () => {
      const headers = { 'x-request-id': 'mine-1' };
      expect((await registry.call('GET', '/v2/', { headers })).headers['x-request-id']).toBe('mine-1');
      expect((await registry.call('GET', '/v2/')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('tells whether it is alive and ready', async () => {
      expect((await registry.call('GET', '/healthz')).status).toBe(200);
      expect((await registry.call('GET', '/readyz')).status).toBe(200);
    });
  });
}
