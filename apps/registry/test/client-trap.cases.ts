import { connect } from 'node:net';
import {
  eventually,
  imageManifest,
  randomText,
  sha256,
  sha512,
  type RegistryHarness,
  type TestRegistry,
} from './registry-harness.js';

/** What clients and the software around us are known to stumble over. */
export function clientTrapCases(harness: () => RegistryHarness): void {
  describe('traps', () => {
    const repository = 'library/traps';
    const lender = 'library/lender';
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      registry = await harness().registry('memory');
      token = await harness().tokenFor([repository, lender]);
    });
    afterAll(() => registry.close());

    describe('containerd', () => {
      it.each([
        ['sha256', sha256],
        ['sha512', sha512],
      ])('wants the digest of what it pushed in its own algorithm, %s', async (_algorithm, digestOf) => {
        const text = randomText();
        const digest = digestOf(text);
        const location = await registry.startUpload(repository, token);
        const blob = await registry.call('PUT', `${location}?digest=${digest}`, { token, body: text });
        expect([blob.status, blob.headers['docker-content-digest']]).toEqual([201, digest]);
        const manifest = imageManifest({ digest, size: text.length }, []);
        const named = digestOf(manifest.text);
        const put = await registry.pushManifest(repository, token, named, manifest);
        expect([put.status, put.headers['docker-content-digest']]).toEqual([201, named]);
        const head = await registry.call('HEAD', `/v2/${repository}/manifests/${named}`, { token });
        expect([head.status, head.headers['docker-content-digest']]).toEqual([200, named]);
      });

      it('goes on after a mount only with 201, 202 and 401', async () => {
        const digest = await registry.pushBlob(lender, token, randomText());
        const onlyTarget = await harness().tokenFor([repository]);
        const mount = async (query: string, asked: string | null) =>
          (
            await registry.call('POST', `/v2/${repository}/blobs/uploads/?${query}`, {
              ...(asked === null ? {} : { token: asked }),
            })
          ).status;
        expect(await mount(`mount=${digest}&from=${lender}`, token)).toBe(201);
        expect(await mount(`mount=${digest}`, token)).toBe(201);
        expect(await mount(`mount=${digest}&from=${lender}`, onlyTarget)).toBe(401);
        expect(await mount(`mount=${digest}&from=${lender}`, null)).toBe(401);
        for (const query of [
          `mount=${sha256('absent')}&from=${lender}`,
          `mount=${digest}&from=`,
          `mount=${digest}&from=Not/A/Name`,
          `mount=&from=${lender}`,
          `mount=sha256:short&from=${lender}`,
          `mount=md5:d41d8cd98f00b204e9800998ecf8427e&from=${lender}`,
          `from=${lender}`,
        ]) {
          expect([query, [201, 202].includes(await mount(query, token))]).toEqual([query, true]);
        }
        expect(
          await mount(`mount=${digest}&from=nowhere/app`, await harness().tokenFor([repository, 'nowhere/app'])),
        ).toBe(202);
      });

      it('is never offered Basic before it has shown anything', async () => {
        for (const [method, path] of [
          ['GET', '/v2/'],
          ['HEAD', `/v2/${repository}/manifests/v1`],
          ['POST', `/v2/${repository}/blobs/uploads/`],
          ['PUT', `/v2/nowhere/app/manifests/v1`],
        ] as const) {
          const { status, headers } = await registry.call(method, path);
          expect([status, headers['www-authenticate']?.split(' ')[0]]).toEqual([401, 'Bearer']);
        }
      });
    });

    describe('crane', () => {
      it('says JSON and sends nothing', async () => {
        const headers = { 'content-type': 'application/json', 'content-length': '0' };
        const opened = await registry.call('POST', `/v2/${repository}/blobs/uploads/`, { token, headers });
        expect(opened.status).toBe(202);
        const location = opened.headers['location'] ?? '';
        await registry.call('PATCH', location, { token, headers, body: '' });
        const text = randomText();
        await registry.call('PATCH', location, { token, body: text });
        const finished = await registry.call('PUT', `${location}?digest=${sha256(text)}`, { token, headers });
        expect(finished.status).toBe(201);
        const cancelled = await registry.startUpload(repository, token);
        expect((await registry.call('DELETE', cancelled, { token, headers })).status).toBe(204);
      });
    });

    describe('Fastify', () => {
      it.each([
        'application/json',
        'application/json; charset=utf-8',
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/vnd.oci.image.layer.v1.tar+gzip',
        'application/octet-stream',
      ])('leaves bodies of type %s as they are', async (type) => {
        const text = `{"not json": ${randomText()}`;
        const location = await registry.startUpload(repository, token);
        const headers = { 'content-type': type };
        expect((await registry.call('PATCH', location, { token, headers, body: text })).status).toBe(202);
        const finished = await registry.call('PUT', `${location}?digest=${sha256(text)}`, { token, headers });
        expect(finished.status).toBe(201);
        const blob = await registry.call('GET', `/v2/${repository}/blobs/${sha256(text)}`, { token });
        expect(blob.bytes.toString()).toBe(text);
      });

      /** Sends a request as it is written here: clients would not let it out. */
      const raw = (head: string, body = '') =>
        new Promise<string>((resolve, reject) => {
          const { hostname, port } = new URL(registry.url);
          const socket = connect(Number(port), hostname);
          let text = '';
          socket.on('data', (chunk) => (text += chunk.toString()));
          socket.on('close', () => {
            resolve(text);
          });
          socket.on('error', reject);
          const common = `Host: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n`;
          socket.write(`${head}\r\n${common}\r\n${body}`);
        });

      it.each([
        ['a bad escape', 'GET', '/v2/%zz', ''],
        ['a bad escape in a HEAD', 'HEAD', '/v2/%zz', ''],
        ['a bad escape before a body', 'POST', `/v2/${repository}/blobs/uploads/%zz`, 'Content-Length: 2\r\n'],
        ['half a character', 'PUT', `/v2/${repository}/manifests/%E0%A4%A`, 'Content-Length: 2\r\n'],
        [
          'a media type that is none',
          'PUT',
          `/v2/${repository}/manifests/v1`,
          'Content-Type: no type\r\nContent-Length: 2\r\n',
        ],
        [
          'a header that is none',
          'PUT',
          `/v2/${repository}/manifests/v1`,
          'Content-Type: \x01\r\nContent-Length: 2\r\n',
        ],
        ['a method that is none', 'BREW', `/v2/${repository}/manifests/v1`, ''],
        ['a method without a route', 'OPTIONS', `/v2/${repository}/manifests/v1`, ''],
        ['a long tag', 'GET', `/v2/${repository}/manifests/${'x'.repeat(9_000)}`, ''],
        ['a URL beyond the limit', 'GET', `/v2/${repository}/manifests/${'x'.repeat(70_000)}`, ''],
      ])('has no words of its own for %s', async (_what, method, path, headers) => {
        const answer = await raw(`${method} ${path} HTTP/1.1\r\n${headers}`.trimEnd(), headers === '' ? '' : '{}');
        expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
        const [, body = ''] = answer.split('\r\n\r\n');
        if (method === 'HEAD') expect(body).toBe('');
        else expect(body).toMatch(/"errors":\[\{"code":"[A-Z_]+"/);
        expect(answer).toMatch(/content-type: application\/json\r\n/i);
      });

      it('finds /v2 with and without its slash, and nothing twice', async () => {
        for (const path of ['/v2', '/v2/', '/v2?x=1', '/v2/?x=1']) {
          expect([path, (await registry.call('GET', path, { token })).status]).toEqual([path, 200]);
        }
        for (const path of ['/v2//', '/v2x', `/v2/${repository}/tags/list/`, `/v2//${repository}/tags/list`]) {
          expect([path, (await registry.call('GET', path, { token })).status]).toEqual([path, 404]);
        }
      });
    });

    it('let a connection serve on after a body that was refused half-way', async () => {
      const hasty = await harness().registry('memory', { HAVEN_UPLOAD_WRITER_LEASE_SECONDS: '1' });
      const location = await hasty.startUpload(repository, token);
      const { hostname, port } = new URL(hasty.url);
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      const common = `Host: x\r\nAuthorization: Bearer ${token}\r\n`;
      socket.write(`PATCH ${location} HTTP/1.1\r\n${common}Content-Length: 3000000\r\n\r\n`);
      socket.write(Buffer.alloc(600_000));
      const id = location.split('/').at(-1);
      await eventually(
        () => harness().count('blob_upload WHERE id = $1 AND writer IS NOT NULL', id),
        (held) => held === 1,
      );
      expect((await hasty.call('DELETE', location, { token })).status).toBe(204);
      await eventually(
        () => text,
        (seen) => seen.includes('BLOB_UPLOAD_UNKNOWN'),
      );
      socket.write(Buffer.alloc(2_400_000));
      socket.write(`GET /v2/ HTTP/1.1\r\n${common}\r\n`);
      await eventually(
        () => text,
        (seen) => seen.includes('HTTP/1.1 200 OK'),
      );
      socket.destroy();
      await hasty.close();
    }, 15_000);

    it('let no header of a client say how blobs are delivered', async () => {
      const text = randomText();
      const digest = await registry.pushBlob(repository, token, text);
      const headers = {
        'x-accel-redirect': '/x',
        'x-sendfile-type': 'X-Accel-Redirect',
        'x-accel-mapping': '/=/_blobs/',
      };
      const answer = await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token, headers });
      expect([answer.bytes.toString(), answer.headers['x-accel-redirect']]).toEqual([text, undefined]);
    });
  });
}
