import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { sql } from '@haven/models';
import {
  eventually,
  imageManifest,
  RegistryHarness,
  randomText,
  sha256,
  type Answer,
  type RegistryClient,
  type TestRegistry,
} from './registry-harness.js';
import { RegistryProcess } from './registry-process.js';

const repository = 'library/replicas';
const leaseSeconds = '1';
const roundCount = 200;

/** Two registries on one database and one blob store: what one begins the other ends, and what one changes the other shows. */
describe('replicas', () => {
  let harness: RegistryHarness;
  let root: string;
  let token: string;
  /** In a process of its own. */
  let a: RegistryProcess;
  /** In this one. */
  let b: TestRegistry;

  const environment = () => ({
    ...harness.environment('filesystem', root),
    HAVEN_UPLOAD_WRITER_LEASE_SECONDS: leaseSeconds,
  });

  beforeAll(async () => {
    harness = await RegistryHarness.start();
    root = await harness.folder();
    b = await harness.registry('filesystem', environment());
    a = await RegistryProcess.start(environment());
    token = await harness.tokenFor([repository]);
  }, 60_000);
  afterAll(async () => {
    await a.end();
    await harness.stop();
  });

  const idOf = (location: string): string => location.split('/').at(-1) ?? '';
  const filesOf = async (location: string) =>
    (await readdir(join(root, 'uploads'))).filter((name) => name.startsWith(idOf(location)));
  const epochOf = async (location: string) =>
    (await harness.db.one<{ epoch: number }>(sql('SELECT epoch FROM blob_upload WHERE id = $1', idOf(location)))).epoch;
  const patch = (at: RegistryClient, location: string, body: Buffer) => at.call('PATCH', location, { token, body });
  const finish = (at: RegistryClient, location: string, digest: string) =>
    at.call('PUT', `${location}?digest=${digest}`, { token });
  const read = async (at: RegistryClient, digest: string) =>
    (await at.call('GET', `/v2/${repository}/blobs/${digest}`, { token })).bytes;
  const bytesOf = (size: number) => Buffer.alloc(size, randomText());

  /** Sends part of a body and keeps the request open; resolves when the registry has written some of it. */
  const begin = async (at: RegistryClient, location: string, method: string, bytes: Buffer, knownBytes: number) => {
    const body = new PassThrough();
    const answer: Promise<Answer | null> = at.call(method, location, { token, body }).catch(() => null);
    body.write(bytes);
    const file = join(root, 'uploads', `${idOf(location).split('?')[0]}.0`);
    await eventually(
      async () => (await stat(file).catch(() => null))?.size ?? 0,
      (size) => size > knownBytes,
    );
    return { body, answer };
  };
  /** Goes on at another replica as a client does: again when told that the upload is busy. */
  const patchWhenFree = (at: RegistryClient, location: string, body: Buffer) =>
    eventually(
      () => patch(at, location, body),
      ({ status }) => status !== 409,
    );

  it('take one upload in turns', async () => {
    const parts = [bytesOf(300_000), bytesOf(1), bytesOf(700_000)] as const;
    const whole = Buffer.concat(parts);
    for (const [first, second, last] of [
      [a, b, a],
      [b, a, b],
    ] as const) {
      const location = await first.startUpload(repository, token);
      expect((await patch(second, location, parts[0])).headers['range']).toBe('0-299999');
      expect((await patch(first, location, parts[1])).headers['range']).toBe('0-300000');
      const headers = { 'content-range': '300001-1000000' };
      const closing = { token, headers, body: parts[2] };
      expect((await last.call('PUT', `${location}?digest=${sha256(whole)}`, closing)).status).toBe(201);
      expect((await read(second, sha256(whole))).equals(whole)).toBe(true);
      expect(await filesOf(location)).toEqual([]);
    }
  });

  it('let one of two writers win, and keep its bytes whole', async () => {
    const bytes = bytesOf(600_000);
    const location = await a.startUpload(repository, token);
    const { body, answer } = await begin(a, location, 'PATCH', bytes, 0);
    const refused = await patch(b, location, bytesOf(600_000));
    expect([refused.status, refused.errorCode, refused.headers['retry-after']]).toEqual([
      ...[409, 'BLOB_UPLOAD_INVALID', '2'],
    ]);
    body.end();
    expect((await answer)?.status).toBe(202);
    expect((await finish(b, location, sha256(bytes))).status).toBe(201);

    for (let round = 0; round < 20; round += 1) {
      const shared = await b.startUpload(repository, token);
      const bodies = [bytesOf(20_000), bytesOf(20_000)] as const;
      const answers = await Promise.all([patch(a, shared, bodies[0]), patch(b, shared, bodies[1])]);
      const taken = bodies.filter((_body, index) => answers[index]?.status === 202);
      expect(answers.every(({ status }) => [202, 409].includes(status))).toBe(true);
      expect(taken.length).toBeGreaterThan(0);
      // Both only one after the other, in either order.
      const orders = [Buffer.concat(taken), Buffer.concat([...taken].reverse())];
      const seen = (await b.call('GET', shared, { token })).headers['range'];
      expect(seen).toBe(`0-${taken.length * 20_000 - 1}`);
      const stored = await harness.db.one<{ digest: string }>(
        sql('SELECT digest_so_far AS digest FROM blob_upload WHERE id = $1', idOf(shared)),
      );
      expect(orders.map(sha256)).toContain(stored.digest);
      expect((await finish(a, shared, stored.digest)).status).toBe(201);
      expect(sha256(await read(b, stored.digest))).toBe(stored.digest);
    }
  }, 30_000);

  it('go on where one was killed in the middle of a request', async () => {
    const doomed = await RegistryProcess.start(environment());
    try {
      const bytes = bytesOf(2_000_000);
      const location = await doomed.startUpload(repository, token);
      await patch(doomed, location, bytes.subarray(0, 500_000));
      const { answer } = await begin(doomed, location, 'PATCH', bytes.subarray(500_000, 1_500_000), 500_000);
      doomed.signal('SIGKILL');
      expect(await answer).toBeNull();
      expect((await b.call('GET', location, { token })).headers['range']).toBe('0-499999');
      const rest = await patchWhenFree(b, location, bytes.subarray(500_000));
      expect([rest.status, rest.headers['range']]).toEqual([202, '0-1999999']);
      expect(await epochOf(location)).toBe(1);
      expect((await finish(b, location, sha256(bytes))).status).toBe(201);
      expect((await read(a, sha256(bytes))).equals(bytes)).toBe(true);
      expect(await filesOf(location)).toEqual([]);
    } finally {
      await doomed.end();
    }
  }, 60_000);

  it.each(['before the upload ends', 'after the upload has ended'])(
    'are not harmed by one that went silent and wakes up %s',
    async (moment) => {
      const isEarly = moment.startsWith('before');
      const [prefix, rest, late] = [bytesOf(400_000), bytesOf(900_000), bytesOf(900_000)] as const;
      const whole = Buffer.concat([prefix, rest]);
      const location = await a.startUpload(repository, token);
      await patch(a, location, prefix);
      const silent = await begin(a, location, 'PATCH', late.subarray(0, 600_000), prefix.length);
      a.signal('SIGSTOP');
      const wakeUp = async () => {
        a.signal('SIGCONT');
        silent.body.end(late.subarray(600_000));
        return silent.answer;
      };
      try {
        expect((await patchWhenFree(b, location, rest)).status).toBe(202);
        expect(await epochOf(location)).toBe(1);
        if (isEarly) expect((await wakeUp())?.errorCode).toBe('BLOB_UPLOAD_UNKNOWN');
        expect((await finish(b, location, sha256(whole))).status).toBe(201);
        if (!isEarly) expect((await wakeUp())?.errorCode).toBe('BLOB_UPLOAD_UNKNOWN');
      } finally {
        a.signal('SIGCONT');
      }
      for (const at of [a, b]) expect((await read(at, sha256(whole))).equals(whole)).toBe(true);
      expect(await filesOf(location)).toEqual([]);
    },
    30_000,
  );

  it('do not let one that went silent end an upload that another has taken over', async () => {
    const [late, mine] = [bytesOf(600_000), bytesOf(600_000)] as const;
    const location = await a.startUpload(repository, token);
    const silent = await begin(a, `${location}?digest=${sha256(late)}`, 'PUT', late.subarray(0, 400_000), 0);
    a.signal('SIGSTOP');
    try {
      expect((await patchWhenFree(b, location, mine)).status).toBe(202);
    } finally {
      a.signal('SIGCONT');
    }
    silent.body.end(late.subarray(400_000));
    expect((await silent.answer)?.errorCode).toBe('BLOB_UPLOAD_UNKNOWN');
    expect((await b.call('HEAD', `/v2/${repository}/blobs/${sha256(late)}`, { token })).status).toBe(404);
    expect((await finish(b, location, sha256(mine))).status).toBe(201);
    expect((await read(a, sha256(mine))).equals(mine)).toBe(true);
    expect(await filesOf(location)).toEqual([]);
  }, 30_000);

  it('pass over what a take-over that was killed has left', async () => {
    const bytes = bytesOf(500_000);
    const location = await b.startUpload(repository, token);
    await patch(b, location, bytes.subarray(0, 400_000));
    await writeFile(join(root, 'uploads', `${idOf(location)}.1`), 'part of a copy');
    const silent = "writer = gen_random_uuid(), writer_lease_until = now() - interval '1 second'";
    await harness.db.run(sql(`UPDATE blob_upload SET ${silent} WHERE id = $1`, idOf(location)));
    expect((await patch(a, location, bytes.subarray(400_000))).status).toBe(202);
    expect(await epochOf(location)).toBe(2);
    expect((await finish(b, location, sha256(bytes))).status).toBe(201);
    expect((await read(b, sha256(bytes))).equals(bytes)).toBe(true);
    expect(await filesOf(location)).toEqual([]);
  });

  it('show at once what the other has changed, also when they remember the bytes', async () => {
    const config = { digest: await a.pushBlob(repository, token, '{}'), size: 2 };
    const path = `/v2/${repository}/manifests`;
    const stale: string[] = [];
    const expectAt = async (at: RegistryClient, reference: string, digest: string | null) => {
      const answer = await at.call('GET', `${path}/${reference}`, { token });
      const seen = answer.status === 200 ? sha256(answer.bytes) : answer.errorCode;
      if (seen !== (digest ?? 'MANIFEST_UNKNOWN')) stale.push(`${reference}: ${String(seen)} for ${String(digest)}`);
    };
    for (let round = 0; round < roundCount; round += 1) {
      const [changer, other] = round % 4 === 3 ? [b, a] : [a, b];
      const manifest = imageManifest(config, [], { annotations: { round: String(round) } });
      const pushed = await changer.pushManifest(repository, token, 'moving', manifest);
      if (pushed.status !== 201) throw new Error(`pushed with ${pushed.status}`);
      await expectAt(other, 'moving', manifest.digest);
      await expectAt(other, manifest.digest, manifest.digest);
      const isOfTag = round % 2 === 0;
      const removed = isOfTag ? 'moving' : manifest.digest;
      const deleted = await changer.call('DELETE', `${path}/${removed}`, { token });
      if (deleted.status !== 202) throw new Error(`deleted with ${deleted.status}`);
      await expectAt(other, 'moving', null);
      await expectAt(other, manifest.digest, isOfTag ? manifest.digest : null);
      const head = await other.call('HEAD', `${path}/moving`, { token });
      if (head.status !== 404) stale.push(`HEAD ${head.status}`);
    }
    expect(stale).toEqual([]);
  }, 120_000);

  it('take the same tokens', async () => {
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    for (const at of [a, b]) {
      expect((await at.call('GET', '/v2/', { token })).status).toBe(200);
      expect((await at.call('GET', '/v2/', { token: forged })).status).toBe(401);
    }
  });
});
