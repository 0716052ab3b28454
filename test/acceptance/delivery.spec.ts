import { createHash, randomUUID } from 'node:crypto';
import {
  anyManifest,
  closingLocation,
  contentOf,
  deterministicBytes,
  locationOf,
  makeImage,
  openUpload,
  pushArtifact,
  send,
  sha256,
  uploadBlob,
  type Answer,
  type Content,
  type Image,
  type RegistryClient,
} from '@haven/testing/oci';
import { newMember, newProject, type TestProject } from '../harness/fixtures.ts';
import { sayLeftOut } from '../harness/left-out.ts';
import { platform, registryFor } from '../harness/platform.ts';
import { pidOf, watchMemory } from '../harness/processes.ts';

const timeoutMs = 60_000;
const blob: Content = contentOf('application/octet-stream', deterministicBytes(randomUUID(), 100_000));

let project: TestProject;
let client: RegistryClient;
let image: Image;
let repository: string;

beforeAll(async () => {
  project = await newProject('delivery');
  repository = `${project.name}/app`;
  client = registryFor(await newMember(project, 'developer'));
  image = await makeImage({ seed: project.name });
  await pushArtifact(client, repository, image, 'v1');
  await uploadBlob(client, repository, blob);
}, timeoutMs);

const fetchBlob = (headers: Record<string, string> = {}, method = 'GET', digest = blob.digest): Promise<Answer> =>
  client.request(method, `/v2/${repository}/blobs/${digest}`, { headers });

const fetchManifest = (reference: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  client.request(method, `/v2/${repository}/manifests/${reference}`, { headers: { accept: anyManifest, ...headers } });

describe('blobs', () => {
  const etag = `"${blob.digest}"`;

  it.each(['GET', 'HEAD'])('come with all headers of the specification: %s', async (method) => {
    const answer = await fetchBlob({}, method);
    expect(answer.status).toBe(200);
    expect(answer.header('docker-content-digest')).toBe(blob.digest);
    expect(answer.header('content-length')).toBe(String(blob.size));
    expect(answer.header('content-type')).toBe('application/octet-stream');
    expect(answer.header('etag')).toBe(etag);
    expect(answer.header('accept-ranges')).toBe('bytes');
    expect(answer.header('docker-distribution-api-version')).toBe('registry/2.0');
    expect(answer.bytes.length).toBe(method === 'GET' ? blob.size : 0);
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=1000-1999', 1_000, 2_000],
    ['bytes=99990-', 99_990, 100_000],
    ['bytes=-5', 99_995, 100_000],
    ['bytes=50000-200000', 50_000, 100_000],
  ])('come in part: %s', async (range, start, end) => {
    const answer = await fetchBlob({ range });
    expect(answer.status).toBe(206);
    expect(answer.header('content-range')).toBe(`bytes ${start}-${end - 1}/${blob.size}`);
    expect(answer.header('docker-content-digest')).toBe(blob.digest);
    expect(answer.bytes.equals(blob.bytes.subarray(start, end))).toBe(true);
  });

  it('are refused in a part that they do not have, in the registry’s own form', async () => {
    const answer = await fetchBlob({ range: 'bytes=100000-100001' });
    expect(answer.status).toBe(416);
    expect(answer.header('content-range')).toBe(`bytes */${blob.size}`);
    expect(answer.header('content-type')).toMatch(/^application\/json/);
    expect(answer.errorCodes).toHaveLength(1);
  });

  it('come whole for a range that is none', async () => {
    const answer = await fetchBlob({ range: 'lines=1-2' });
    expect(answer.status).toBe(200);
    expect(answer.bytes.equals(blob.bytes)).toBe(true);
  });

  it('come in part only while they are the same', async () => {
    expect((await fetchBlob({ range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    expect((await fetchBlob({ range: 'bytes=0-9', 'if-range': '"else"' })).status).toBe(200);
  });

  it('are not sent again to whoever has them', async () => {
    const answer = await fetchBlob({ 'if-none-match': etag });
    expect(answer.status).toBe(304);
    expect(answer.header('etag')).toBe(etag);
    expect(answer.bytes.length).toBe(0);
    expect((await fetchBlob({ 'if-none-match': '"else"' })).status).toBe(200);
  });

  it('that are not there are said so in the registry’s own form', async () => {
    const answer = await fetchBlob({}, 'GET', sha256('nothing'));
    expect([answer.status, answer.errorCodes]).toEqual([404, ['BLOB_UNKNOWN']]);
    expect(answer.header('content-type')).toMatch(/^application\/json/);
  });

  it('of another repository are not there', async () => {
    const path = `/v2/${project.name}/other/blobs/${blob.digest}`;
    const answer = await client.request('GET', path);
    expect(answer.status).toBe(404);
    expect(['BLOB_UNKNOWN', 'NAME_UNKNOWN']).toContain(answer.errorCodes[0]);
  });
});

describe('manifests', () => {
  it.each(['GET', 'HEAD'])('come with all headers of the specification: %s', async (method) => {
    const answer = await fetchManifest('v1', {}, method);
    expect(answer.status).toBe(200);
    expect(answer.header('docker-content-digest')).toBe(image.manifest.digest);
    expect(answer.header('content-type')).toBe(image.manifest.mediaType);
    expect(answer.header('content-length')).toBe(String(image.manifest.size));
    expect(answer.header('etag')).toBe(`"${image.manifest.digest}"`);
  });

  it('are not sent again to whoever has them', async () => {
    const answer = await fetchManifest('v1', { 'if-none-match': `"${image.manifest.digest}"` });
    expect(answer.status).toBe(304);
    expect(answer.bytes.length).toBe(0);
  });

  it('come as they were pushed, whatever is accepted', async () => {
    const answer = await fetchManifest('v1', { accept: 'application/vnd.oci.image.index.v1+json' });
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe(image.manifest.mediaType);
  });

  it('that are not there are said so', async () => {
    const answer = await fetchManifest('missing');
    expect([answer.status, answer.errorCodes]).toEqual([404, ['MANIFEST_UNKNOWN']]);
  });
});

describe('request ids', () => {
  const id = randomUUID();
  const headers = { 'x-request-id': id };

  it('come back with every kind of answer', async () => {
    const answers = [
      await fetchBlob(headers),
      await fetchBlob({ ...headers, range: 'bytes=0-1' }),
      await fetchBlob({ ...headers, 'if-none-match': `"${blob.digest}"` }),
      await fetchManifest('v1', headers),
      await fetchManifest('missing', headers),
      await send('GET', `${platform.url}/v2/`, { headers }),
      await send('GET', `${platform.url}/api/v2.0/ping`, { headers }),
      await send('GET', `${platform.url}/api/v2.0/users/current`, { headers }),
      await send('GET', `${platform.url}/service/token?service=harbor-registry`, { headers }),
    ];
    expect(answers.map((answer) => [answer.summary, answer.header('x-request-id')])).toEqual(
      answers.map((answer) => [answer.summary, id]),
    );
  });

  it('are made where none is given', async () => {
    const [first, second] = [await fetchBlob(), await send('GET', `${platform.url}/api/v2.0/ping`)];
    expect(first.header('x-request-id')).toMatch(/\S{8,}/);
    expect(second.header('x-request-id')).toMatch(/\S{8,}/);
  });
});

describe('a large blob', () => {
  const largeBytes = 300 * 1024 * 1024;
  const pieceBytes = 1024 * 1024;
  // Far below what the blob would take, and far above what an idle registry takes.
  const boundBytes = 350 * 1024 * 1024;

  it(
    'of 300 MiB streams in and out in bounded memory',
    async () => {
      const piece = deterministicBytes(randomUUID(), pieceBytes);
      const hash = createHash('sha256');
      const memory = await watchRegistry();
      async function* pieces(): AsyncGenerator<Buffer> {
        for (let sent = 0; sent < largeBytes; sent += pieceBytes) {
          piece.writeUInt32BE(sent, 0);
          hash.update(piece);
          yield Buffer.from(piece);
        }
        await Promise.resolve();
      }
      await client.logIn(repository);
      const headers = { 'content-type': 'application/octet-stream' };
      const location = await openUpload(client, repository);
      const patched = (await client.request('PATCH', location, { headers, body: pieces() })).expect(202);
      expect(patched.header('range')).toBe(`0-${largeBytes - 1}`);
      const digest = `sha256:${hash.digest('hex')}`;
      const closing = closingLocation(locationOf(patched), digest, platform.url);
      expect((await client.request('PUT', closing, { headers, body: '' })).status).toBe(201);
      const pulled = (await fetchBlob({}, 'GET', digest)).expect(200);
      expect(sha256(pulled.bytes)).toBe(digest);
      if (memory) expect(await memory.stop()).toBeLessThan(boundBytes);
    },
    timeoutMs,
  );

  async function watchRegistry(): Promise<ReturnType<typeof watchMemory> | undefined> {
    if (platform.dataFolder !== undefined) return watchMemory(await pidOf(platform.dataFolder, 'registry'));
    sayLeftOut('memory of the registry', 'no data folder is named');
    return undefined;
  }
});
