import { connect } from 'node:net';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { foldQuota, readUsedBytes, recomputeUsedBytes, sql } from '@haven/models';
import {
  eventually,
  imageManifest,
  randomText,
  sha256,
  sha512,
  type RegistryHarness,
  type TestRegistry,
} from './registry-harness.js';

/** Uploads that break off, change hands, meet each other, and wait for their manifest. */
export function uploadCases(harness: () => RegistryHarness): void {
  describe('uploads', () => {
    const repository = 'library/uploads';
    let registry: TestRegistry;
    let token: string;

    beforeAll(async () => {
      registry = await harness().registry('filesystem');
      token = await harness().tokenFor([repository]);
    });
    afterAll(() => registry.close());

    /** Sends a PATCH that announces more than it brings, and hangs up when some of it has been written. */
    const breakOff = async (location: string, bytes: Buffer, announced: number) => {
      const { hostname, port } = new URL(registry.url);
      const socket = connect(Number(port), hostname);
      const head = [
        `PATCH ${location} HTTP/1.1`,
        'Host: x',
        `Authorization: Bearer ${token}`,
        `Content-Length: ${announced}`,
      ].join('\r\n');
      socket.write(`${head}\r\n\r\n`);
      socket.write(bytes);
      const file = join(registry.root, 'uploads', `${location.split('/').at(-1)}.0`);
      await eventually(
        async () => (await stat(file).catch(() => null))?.size ?? 0,
        (size) => size > 0,
      );
      socket.destroy();
    };
    const acknowledged = async (location: string) => (await registry.call('GET', location, { token })).headers['range'];

    it('goes on where a request has broken off', async () => {
      const bytes = Buffer.alloc(1_000_000, randomText());
      const location = await registry.startUpload(repository, token);
      await breakOff(location, bytes.subarray(0, 600_000), bytes.length);
      const range = await eventually(
        () => acknowledged(location),
        (seen) => seen !== '0-0',
      );
      const offset = Number(range?.slice(2)) + 1;
      expect(offset).toBeGreaterThanOrEqual(256 * 1024);
      expect(offset).toBeLessThanOrEqual(600_000);
      const headers = { 'content-range': `${offset}-${bytes.length - 1}` };
      const rest = await registry.call('PATCH', location, { token, headers, body: bytes.subarray(offset) });
      expect([rest.status, rest.headers['range']]).toEqual([202, '0-999999']);
      expect((await registry.call('PUT', `${location}?digest=${sha256(bytes)}`, { token })).status).toBe(201);
    });

    it('goes on in another process: after a clean end, and after a writer has gone silent', async () => {
      const other = await harness().registry('filesystem', { HAVEN_STORAGE_ROOT: registry.root });
      for (const isSilent of [false, true]) {
        const [first, second] = [randomText(), randomText()];
        const location = await registry.startUpload(repository, token);
        const id = location.split('/').at(-1);
        await registry.call('PATCH', location, { token, body: first });
        if (isSilent) {
          const stopped = "writer = gen_random_uuid(), writer_lease_until = now() - interval '1 second'";
          await harness().db.run(sql(`UPDATE blob_upload SET ${stopped} WHERE id = $1`, id));
        }
        const patched = await other.call('PATCH', location, { token, body: second });
        expect([patched.status, patched.headers['range']]).toEqual([202, '0-95']);
        const { epoch } = await harness().db.one<{ epoch: number }>(
          sql('SELECT epoch FROM blob_upload WHERE id = $1', id),
        );
        expect(epoch).toBe(isSilent ? 1 : 0);
        const digest = isSilent ? sha256(first + second) : sha512(first + second);
        expect((await registry.call('PUT', `${location}?digest=${digest}`, { token })).status).toBe(201);
        const blob = await other.call('GET', `/v2/${repository}/blobs/${digest}`, { token });
        expect(blob.bytes.toString()).toBe(first + second);
        expect((await readdir(join(registry.root, 'uploads'))).filter((name) => name.startsWith(id!))).toEqual([]);
      }
      await other.close();
    });

    it('believes no hash of its own that is not what was stored', async () => {
      const other = await harness().registry('filesystem', { HAVEN_STORAGE_ROOT: registry.root });
      const location = await registry.startUpload(repository, token);
      const id = location.split('/').at(-1)!;
      const [mine, theirs, rest] = [randomText(), randomText(), randomText()];
      await registry.call('PATCH', location, { token, body: mine });
      // As if storing this had failed: the client goes on from the start, elsewhere, and comes back.
      await harness().db.run(sql('UPDATE blob_upload SET offset_bytes = 0, digest_so_far = NULL WHERE id = $1', id));
      await other.call('PATCH', location, { token, body: theirs });
      const stolen = await registry.call('PUT', `${location}?digest=${sha256(mine + rest)}`, { token, body: rest });
      expect([stolen.status, stolen.errorCode]).toEqual([400, 'DIGEST_INVALID']);
      await other.close();
    });

    it.each([
      ['PATCH', '', 'more', [404, 'BLOB_UPLOAD_UNKNOWN']],
      ['PUT', `?digest=${sha256('acknowledged')}`, undefined, [400, 'DIGEST_INVALID']],
    ])('does not go on with a file that has lost what was acknowledged: %s', async (method, query, body, refusal) => {
      const location = await registry.startUpload(repository, token);
      const id = location.split('/').at(-1)!;
      await registry.call('PATCH', location, { token, body: 'acknowledged' });
      await writeFile(join(registry.root, 'uploads', `${id}.0`), 'overwritten!');
      // As after the machine went down: the process that has written it is no more.
      const fresh = await harness().registry('filesystem', { HAVEN_STORAGE_ROOT: registry.root });
      const answer = await fresh.call(method, `${location}${query}`, {
        token,
        ...(body === undefined ? {} : { body }),
      });
      expect([answer.status, answer.errorCode]).toEqual(refusal);
      await fresh.close();
    });

    it('has one writer at a time', async () => {
      const location = await registry.startUpload(repository, token);
      const id = location.split('/').at(-1);
      const held = "writer = gen_random_uuid(), writer_lease_until = now() + interval '1 minute'";
      await harness().db.run(sql(`UPDATE blob_upload SET ${held} WHERE id = $1`, id));
      const busy = await registry.call('PATCH', location, { token, body: 'x' });
      expect([busy.status, busy.errorCode, busy.headers['retry-after']]).toEqual([409, 'BLOB_UPLOAD_INVALID', '2']);
      const answers = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const fresh = await registry.startUpload(repository, token);
          const both = await Promise.all([1, 2].map(() => registry.call('PATCH', fresh, { token, body: 'twice' })));
          const taken = both.filter(({ status }) => status === 202).length;
          return [await acknowledged(fresh), `0-${taken * 5 - 1}`];
        }),
      );
      for (const [seen, expected] of answers) expect(seen).toBe(expected);
    });

    it('keeps the lease of what a pusher asks for, and not of what a puller asks for', async () => {
      const digest = await registry.pushBlob(repository, token, randomText());
      const past = "UPDATE repository_blob SET lease_until = now() + interval '1 hour' WHERE digest = $1";
      await harness().db.run(sql(past, digest));
      const hours = async () =>
        (
          await harness().db.one<{ hours: number }>(
            sql(
              'SELECT round(extract(epoch FROM lease_until - now()) / 3600)::int AS hours FROM repository_blob WHERE digest = $1',
              digest,
            ),
          )
        ).hours;
      const path = `/v2/${repository}/blobs/${digest}`;
      await registry.call('HEAD', path, { token: await harness().tokenFor([repository], ['pull']) });
      await registry.call('GET', path, { token });
      expect(await hours()).toBe(1);
      await registry.call('HEAD', path, { token });
      expect(await hours()).toBe(24);
      const review = await harness().count(
        "blob_review WHERE digest = $1 AND not_before > now() + interval '23 hours'",
        digest,
      );
      expect(review).toBe(1);
    });

    it('charges a blob once, whoever pushes it, and again after it has gone', async () => {
      const layer = randomText();
      const image = await registry.pushImage(repository, token, 'charged', layer);
      const used = await readUsedBytes(harness().db, 1);
      await registry.pushBlob(repository, token, layer);
      expect(await readUsedBytes(harness().db, 1)).toBe(used);
      await registry.call('DELETE', `/v2/${repository}/manifests/${image.digest}`, { token });
      await registry.pushBlob(repository, token, layer);
      await registry.pushManifest(repository, token, 'charged', image);
      expect(await readUsedBytes(harness().db, 1)).toBe(used);
      expect(await recomputeUsedBytes(harness().db, 1)).toBe(used);
    });

    it('tells of a blob whose bytes are gone', async () => {
      const digest = await registry.pushBlob(repository, token, randomText());
      const hex = digest.slice('sha256:'.length);
      await rm(join(registry.root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'));
      const answer = await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token });
      expect([answer.status, answer.errorCode]).toEqual([404, 'BLOB_UNKNOWN']);
    });

    it('leaves the bytes to nginx where that is set up, and answers the rest itself', async () => {
      const accelerated = await harness().registry('filesystem', {
        HAVEN_STORAGE_ROOT: registry.root,
        HAVEN_BLOB_DELIVERY: 'nginx',
      });
      const digest = await registry.pushBlob(repository, token, randomText());
      const path = `/v2/${repository}/blobs/${digest}`;
      const hex = digest.slice('sha256:'.length);
      const get = (method: string, headers: Record<string, string> = {}) =>
        accelerated.call(method, path, { token, headers });
      const handedOn = await get('GET', { range: 'bytes=0-1' });
      expect([handedOn.status, handedOn.bytes.length]).toEqual([200, 0]);
      expect(handedOn.headers).toMatchObject({
        'x-accel-redirect': `/_blobs/sha256/${hex.slice(0, 2)}/${hex}/data`,
        'content-type': 'application/octet-stream',
        'docker-content-digest': digest,
        etag: `"${digest}"`,
      });
      const own = [
        await get('HEAD'),
        await get('GET', { 'if-none-match': `"${digest}"` }),
        await get('GET', { range: 'bytes=0-1', 'if-range': `"${digest}"` }),
        await get('GET', { range: 'bytes=0-1', 'if-range': '"another"' }),
      ];
      expect(own.map(({ status, bytes }) => [status, bytes.length])).toEqual([
        ...[
          [200, 0],
          [304, 0],
          [206, 2],
          [200, 48],
        ],
      ]);
      for (const { headers } of own) expect(headers['x-accel-redirect']).toBeUndefined();
      await accelerated.close();
    });

    it('lets running uploads end when it is told to stop', async () => {
      const stopping = await harness().registry('filesystem', { HAVEN_STORAGE_ROOT: registry.root });
      const location = await stopping.startUpload(repository, token);
      const body = new PassThrough();
      body.write(Buffer.alloc(300_000));
      const answer = stopping.call('PATCH', location, { token, body });
      await eventually(
        () => harness().count('blob_upload WHERE id = $1 AND writer IS NOT NULL', location.split('/').at(-1)),
        (writers) => writers === 1,
      );
      const closed = stopping.close();
      body.end(Buffer.alloc(300_000));
      expect((await answer).status).toBe(202);
      await closed;
      expect(await acknowledged(location)).toBe('0-599999');
    });

    it('takes 16 clients that push the same layers at once', async () => {
      const project = await harness().project('crowd', 10_000_000);
      const layers = Array.from({ length: 4 }, (_, turn) => Buffer.alloc(100_000 + turn, randomText()));
      const clients = Array.from({ length: 16 }, (_, client) => `crowd/app-${client % 4}`);
      const pushAll = async (name: string, client: number) => {
        const mine = await harness().tokenFor([name]);
        const order = client % 2 === 0 ? layers : [...layers].reverse();
        const pushed = await Promise.all(order.map((layer) => registry.pushBlob(name, mine, layer)));
        const config = await registry.pushBlob(name, mine, `{"client":${client % 8}}`);
        const parts = pushed.map((digest, turn) => ({ digest, size: order[turn]!.length }));
        const manifest = imageManifest({ digest: config, size: 12 }, parts);
        return registry.pushManifest(name, mine, `t${client % 3}`, manifest);
      };
      const answers = await Promise.all(clients.map(pushAll));
      expect(answers.map(({ status }) => status)).toEqual(clients.map(() => 201));
      const { db } = harness();
      const used = await readUsedBytes(db, project);
      expect(used).toBe(await recomputeUsedBytes(db, project));
      await foldQuota(db);
      expect(await readUsedBytes(db, project)).toBe(used);
      expect(await harness().count('blob WHERE digest = ANY($1)', layers.map(sha256))).toBe(4);
    }, 30_000);
  });
}
