import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OutboundClient } from '@haven/outbound';
import { digestOf, MediaTypes, type Descriptor, type Digest } from '@haven/oci';
import {
  contentOf,
  deterministicBytes,
  FaultProxy,
  makeImage,
  makeReferrer,
  pushArtifact,
  RegistryClient as Pusher,
  uploadBlob,
} from '@haven/testing/oci';
import {
  copyBlob,
  createRemoteRegistry,
  DigestCheck,
  RegistryClient,
  RegistryError,
  systemClock,
  type CopyBlobOptions,
} from '../src/index.js';
import { peers, type Peer } from './peer.js';

const outbound = new OutboundClient({ reach: 'loopback' });
afterAll(() => outbound.close());

/** A pause is always a whole one, so that what was on its way has come in when the next try begins. */
const patience = {
  retry: { attempts: 4, baseMs: 60, capMs: 120, longestWaitMs: 5_000 },
  clock: { ...systemClock, random: () => 1 },
};
const mebibyte = 1_048_576;
const blobs = /\/blobs\/sha256/;
const uploads = /\/blobs\/uploads\/./;

const failureOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof RegistryError ? error.failure : String(error)),
  );

async function collect(names: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const name of names) all.push(name);
  return all;
}

describe.each(peers)('$name', ({ type, start, canMount, keepsUploads }) => {
  let peer: Peer;
  let client: RegistryClient;

  beforeAll(async () => {
    peer = await start();
    client = new RegistryClient(outbound, { url: peer.url, ...patience });
  });
  afterAll(() => peer.stop());

  it('tells tags, manifests and repositories, and loses them', async () => {
    const image = await makeImage({ seed: 'reading' });
    const pusher = new Pusher(peer.url);
    for (const tag of ['1', '2', '3']) await pushArtifact(pusher, 'read/app', image, tag);
    await client.ping();
    expect((await collect(client.listTags('read/app'))).sort()).toEqual(['1', '2', '3']);
    expect(await collect(client.catalog())).toContain('read/app');
    const { digest, size, mediaType, bytes } = image.manifest;
    expect(await client.headManifest('read/app', '1')).toEqual({ digest, size, mediaType });
    expect(await client.getManifest('read/app', digest)).toEqual({ digest, size, mediaType, bytes });
    expect(await client.headManifest('read/app', 'none')).toBeNull();
    expect(await failureOf(client.getManifest('read/app', 'none'))).toBe('not-found');
    expect(await failureOf(collect(client.listTags('read/nothing')))).toBe('not-found');
    expect(await client.deleteManifest('read/app', digest as Digest)).toBe(true);
    expect(await client.deleteManifest('read/app', digest as Digest)).toBe(false);
    expect(await client.headManifest('read/app', '1')).toBeNull();
  });

  it('is listed by the start of names, and loses a tag alone if it can', async () => {
    const image = await makeImage({ seed: 'listing' });
    const pusher = new Pusher(peer.url);
    for (const name of ['list-a/app', 'list/app', 'list/web', 'lists/app'])
      await pushArtifact(pusher, name, image, '1');
    await pushArtifact(pusher, 'list/app', image, '2');
    const endpoint = { id: 1, name: type, type, url: peer.url, insecure: false };
    const remote = createRemoteRegistry(endpoint, outbound, patience);
    expect((await collect(remote.listRepositories({ namePattern: 'list/*' }))).sort()).toEqual([
      'list/app',
      'list/web',
    ]);
    expect(await collect(remote.listRepositories({ namePattern: 'list/w?b' }))).toEqual(['list/web']);
    expect(await collect(remote.listRepositories({}))).toEqual(expect.arrayContaining(['list-a/app', 'lists/app']));
    const deletion = await failureOf(remote.deleteTag('list/app', '2'));
    expect(remote.capabilities.tagDeletion ? ['none'] : ['none', 'unsupported']).toContain(deletion);
    expect(await client.headManifest('list/app', '1')).not.toBeNull();
  });

  it('takes manifests, and tells what refers to them', async () => {
    const pusher = new Pusher(peer.url);
    const image = await makeImage({ seed: 'referred' });
    await pushArtifact(pusher, 'refer/app', image, 'latest');
    const signature = makeReferrer({
      subject: image.manifest,
      artifactType: 'application/x.test',
      payload: Buffer.from('signed'),
    });
    for (const blob of signature.blobs) await uploadBlob(pusher, 'refer/app', blob);
    const { bytes, mediaType, digest, size } = signature.manifest;
    const { hasSubject } = await client.putManifest('refer/app', digest, { bytes, mediaType });
    const subject = image.manifest.digest as Digest;
    if (!hasSubject) {
      // What a client has to do where the registry does not know of subjects.
      const index = { schemaVersion: 2, mediaType: MediaTypes.ociIndex, manifests: [{ mediaType, digest, size }] };
      const tagged = { mediaType: MediaTypes.ociIndex, bytes: Buffer.from(JSON.stringify(index)) };
      await client.putManifest('refer/app', subject.replace(':', '-'), tagged);
    }
    expect(await client.referrers('refer/app', subject)).toMatchObject([{ mediaType, digest, size }]);
    expect(await client.referrers('refer/app', digest as Digest)).toEqual([]);
  });

  it('gives blobs from anywhere in them, and takes them by mount', async () => {
    const bytes = deterministicBytes('ranges', 300_000);
    const blob = contentOf('application/octet-stream', bytes);
    const digest = blob.digest as Digest;
    await uploadBlob(new Pusher(peer.url), 'range/app', blob);
    expect(await client.headBlob('range/app', digest)).toBe(300_000);
    const { stream, offset } = await client.getBlob('range/app', digest, { offset: 299_990 });
    const tail: Buffer[] = [];
    for await (const piece of stream as AsyncIterable<Buffer>) tail.push(piece);
    expect(Buffer.concat(tail).equals(bytes.subarray(offset))).toBe(true);
    expect(offset).toBe(299_990);
    expect(await client.uploads.mountBlob('range/other', { digest, from: 'range/app' })).toBe(canMount);
    expect(await client.headBlob('range/other', digest)).toBe(canMount ? 300_000 : null);
    expect(await client.headBlob('range/none', digest)).toBeNull();
  });

  describe('a copy', () => {
    let source: FaultProxy;
    let target: FaultProxy;
    let count = 0;

    beforeAll(async () => {
      [source, target] = await Promise.all([FaultProxy.start(peer.url), FaultProxy.start(peer.url)]);
    });
    afterAll(() => {
      source.stop();
      target.stop();
    });
    beforeEach(() => {
      source.reset();
      target.reset();
    });

    /** Each copy goes into a repository that no other one has touched, from a blob that no other one has seen. */
    async function prepare(size: number): Promise<{
      digest: Digest;
      bytes: Buffer;
      copy: (options?: CopyBlobOptions) => ReturnType<typeof copyBlob>;
      assertThere: () => Promise<void>;
    }> {
      count += 1;
      const name = `copy/target-${count}`;
      const bytes = deterministicBytes(`${name} of ${size}`, size);
      const digest = digestOf(bytes);
      await uploadBlob(new Pusher(peer.url), 'copy/source', contentOf('application/octet-stream', bytes));
      const from = {
        client: new RegistryClient(outbound, { url: source.url, ...patience }),
        repository: 'copy/source',
      };
      const to = { client: new RegistryClient(outbound, { url: target.url, ...patience }), repository: name };
      return {
        digest,
        bytes,
        copy: (options = {}) => copyBlob(from, to, { digest, size }, options),
        assertThere: async () => {
          const { stream } = await client.getBlob(name, digest);
          let passed = 0;
          const sink = new Writable({
            write: (piece: Buffer, _encoding, done) => {
              passed += piece.length;
              done();
            },
          });
          await pipeline(stream, new DigestCheck(digest), sink);
          expect(passed).toBe(size);
        },
      };
    }

    it('sends a blob once, and not again', async () => {
      const { copy, assertThere } = await prepare(5 * mebibyte);
      expect(await copy()).toEqual({ outcome: 'copied', sentBytes: 5 * mebibyte });
      await assertThere();
      expect([source.bytes('answeredBytes', blobs), target.bytes('sentBytes')]).toEqual([5 * mebibyte, 5 * mebibyte]);
      target.reset();
      expect(await copy()).toEqual({ outcome: 'present', sentBytes: 0 });
      expect(target.passed.map(({ method }) => method)).toEqual(['HEAD']);
    });

    it('sends a small blob in one request, and an empty one too', async () => {
      for (const size of [0, 1, 4_096]) {
        const { copy, assertThere } = await prepare(size);
        expect(await copy()).toEqual({ outcome: 'copied', sentBytes: size });
        await assertThere();
      }
      expect(target.count('PATCH')).toBe(0);
    });

    it('mounts what the target has elsewhere', async () => {
      const { copy, assertThere } = await prepare(2 * mebibyte);
      const { outcome, sentBytes } = await copy({ mountFrom: 'copy/source' });
      await assertThere();
      expect([outcome, sentBytes]).toEqual(canMount ? ['mounted', 0] : ['copied', 2 * mebibyte]);
      expect(source.bytes('answeredBytes')).toBe(sentBytes);
    });

    it('goes in chunks from one stream', async () => {
      const { copy, assertThere } = await prepare(5 * mebibyte + 17);
      expect(await copy({ chunkSizeBytes: 2 * mebibyte })).toMatchObject({ sentBytes: 5 * mebibyte + 17 });
      await assertThere();
      expect([source.count('GET', blobs), target.count('PATCH')]).toEqual([1, 3]);
    });

    it('goes on where it was when the source breaks off', async () => {
      const { copy, assertThere } = await prepare(8 * mebibyte);
      source.fail('GET', blobs, { cutAnswerAfter: 3 * mebibyte }, { cutAnswerAfter: 2 * mebibyte });
      await copy();
      await assertThere();
      expect(source.count('GET', blobs)).toBe(3);
      // A little of what had left was still on its way. The target notices nothing.
      expect(source.bytes('answeredBytes', blobs)).toBeLessThan(9 * mebibyte);
      expect([target.count('PATCH'), target.bytes('sentBytes')]).toEqual([1, 8 * mebibyte]);
    });

    it('goes on where it was when the target breaks off, in chunks or not', async () => {
      for (const chunkSizeBytes of [undefined, 3 * mebibyte]) {
        const { copy, assertThere } = await prepare(8 * mebibyte);
        target.reset();
        target.fail('PATCH', uploads, { cutRequestAfter: 2 * mebibyte }, { cutRequestAfter: mebibyte });
        await copy({ chunkSizeBytes });
        await assertThere();
        expect(target.count('GET', uploads)).toBeGreaterThanOrEqual(2);
        expect(target.bytes('sentBytes')).toBeLessThanOrEqual((keepsUploads.afterBreak ? 8 : 11) * mebibyte);
      }
    });

    it('goes on when an answer is lost, of a chunk and of the end', async () => {
      const { copy, assertThere } = await prepare(4 * mebibyte);
      target.fail('PATCH', uploads, { loseAnswer: true });
      target.fail('PUT', uploads, { loseAnswer: true });
      await copy({ chunkSizeBytes: 2 * mebibyte });
      await assertThere();
      expect(target.bytes('sentBytes')).toBe((keepsUploads.afterLostAnswer ? 4 : 6) * mebibyte);
    });

    it('waits as long as it is asked to, and passes over errors of the server', async () => {
      const { copy, assertThere } = await prepare(2 * mebibyte);
      const busy = { status: 429, headers: { 'retry-after': '1' } };
      source.fail('GET', blobs, { status: 500 }, busy);
      target.fail('HEAD', blobs, { status: 503 });
      target.fail('POST', /uploads/, { status: 502 }, { status: 500 });
      target.fail('PATCH', uploads, { status: 500 });
      const begin = Date.now();
      await copy();
      expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
      await assertThere();
    });

    it('takes no blob that ends early for a whole one', async () => {
      const { copy, assertThere } = await prepare(3 * mebibyte);
      source.fail('GET', blobs, { shortenAnswerTo: mebibyte });
      await copy();
      await assertThere();
      expect(source.count('GET', blobs)).toBe(2);
    });

    it('begins anew when the source sent wrong bytes, and gives up when it does so again', async () => {
      for (const size of [4_096, 3 * mebibyte]) {
        const { copy, assertThere } = await prepare(size);
        source.fail('GET', blobs, { garble: true });
        await copy();
        await assertThere();
        const other = await prepare(size + 1);
        source.fail('GET', blobs, { garble: true }, { garble: true });
        expect(await failureOf(other.copy())).toBe('digest-mismatch');
        expect(await failureOf(other.assertThere())).toBe('not-found');
      }
    });

    it('begins anew when the target has forgotten the upload', async () => {
      const { copy, assertThere } = await prepare(3 * mebibyte);
      target.fail('PATCH', uploads, { cutRequestAfter: mebibyte });
      target.fail('GET', uploads, { status: 404, body: '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}' });
      await copy();
      await assertThere();
      expect(target.count('POST')).toBe(2);
    });

    it('fails when nothing helps, and leaves no upload behind', async () => {
      const { copy } = await prepare(3 * mebibyte);
      target.script = ({ method }) => (method === 'PATCH' ? { status: 500 } : undefined);
      expect(await failureOf(copy())).toBe('unavailable');
      expect(target.count('PATCH')).toBe(4);
      expect(target.count('DELETE', uploads)).toBe(target.count('POST'));
    });

    it('does not try what will not work', async () => {
      const { copy } = await prepare(3 * mebibyte);
      target.script = ({ method }) => (method === 'PATCH' ? { status: 403 } : undefined);
      expect(await failureOf(copy())).toBe('denied');
      expect(target.count('PATCH')).toBe(1);
      const other = await prepare(3 * mebibyte);
      source.script = () => ({ status: 404 });
      expect(await failureOf(other.copy())).toBe('not-found');
    });

    it('ends when nobody waits for it any more', async () => {
      const { copy } = await prepare(8 * mebibyte);
      const controller = new AbortController();
      let sent = 0;
      const onProgress = (bytes: number) => {
        sent += bytes;
        if (sent > mebibyte) controller.abort();
      };
      expect(await failureOf(copy({ signal: controller.signal, onProgress }))).toBe('aborted');
      expect(sent).toBeLessThan(3 * mebibyte);
      expect(target.count('DELETE', uploads)).toBe(1);
    });

    it('ends in a pause as well', async () => {
      const { copy } = await prepare(3 * mebibyte);
      target.fail('PATCH', uploads, { status: 503, headers: { 'retry-after': '4' } });
      const controller = new AbortController();
      const begin = Date.now();
      const work = failureOf(copy({ signal: controller.signal }));
      while (target.count('PATCH') === 0) await nextTurn();
      controller.abort();
      expect(await work).toBe('aborted');
      expect(Date.now() - begin).toBeLessThan(3_000);
    });
  });
});

describe('what cannot be', () => {
  it('is refused before anything is asked', async () => {
    const client = new RegistryClient(outbound, { url: 'http://127.0.0.1:1', retry: { attempts: 1 } });
    const descriptor: Pick<Descriptor, 'digest'> = { digest: digestOf(Buffer.from('')) };
    expect(await failureOf(client.getManifest('../x', 'latest'))).toBe('refused');
    expect(await failureOf(client.getManifest('x', '../y'))).toBe('refused');
    expect(await failureOf(client.headBlob('x', descriptor.digest))).toBe('unreachable');
  });
});
