import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import {
  closingLocation,
  contentOf,
  descriptorOf,
  deterministicBytes,
  jsonContent,
  locationOf,
  makeImage,
  makeIndex,
  makeReferrer,
  makeTwoPlatformIndex,
  mediaTypes,
  openUpload,
  pullBlob,
  pullManifest,
  pullWhole,
  pushArtifact,
  putManifest,
  sha256,
  uploadBlob,
  type Answer,
  type Content,
  type RegistryClient,
  type UploadManner,
} from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { platform, registryFor } from '../harness/platform.ts';
import { tokenFor } from '../harness/token.ts';

const timeoutMs = 60_000;
const octets = { 'content-type': 'application/octet-stream' };

let project: TestProject;
let developer: TestUser;
let client: RegistryClient;

beforeAll(async () => {
  project = await newProject('push');
  developer = await newMember(project, 'developer');
  client = registryFor(developer);
}, timeoutMs);

const newRepository = (): string => `${project.name}/${uniqueName('app')}`;
const newBlob = (size: number): Content =>
  contentOf('application/octet-stream', deterministicBytes(randomUUID(), size));

const blobStatus = async (repository: string, digest: string): Promise<number> =>
  (await client.request('HEAD', `/v2/${repository}/blobs/${digest}`)).status;

const patch = (location: string, body: Buffer, range?: string): Promise<Answer> =>
  client.request('PATCH', location, { headers: { ...octets, ...(range && { 'content-range': range }) }, body });

const close = (location: string, digest: string, body: Buffer | string = ''): Promise<Answer> =>
  client.request('PUT', closingLocation(location, digest, platform.url), { headers: octets, body });

describe('images', () => {
  it.each(['oci', 'docker'] as const)('go in and out byte for byte: %s', async (format) => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository, format, layerBytes: [60_000, 20, 0] });
    await pushArtifact(client, repository, image, 'v1');
    expect(await pullWhole(client, repository, 'v1')).toBe(image.manifest.digest);
    const stored = await pullManifest(client, repository, 'v1');
    expect(stored.mediaType).toBe(image.manifest.mediaType);
    expect(stored.bytes.equals(image.manifest.bytes)).toBe(true);
  });

  it.each(['oci', 'docker'] as const)('for two platforms go in and out under one index: %s', async (format) => {
    const repository = newRepository();
    const index = await makeTwoPlatformIndex({ seed: repository, format, layerBytes: [9_000] });
    await pushArtifact(client, repository, index, 'v1');
    expect(await pullWhole(client, repository, 'v1')).toBe(index.manifest.digest);
  });

  it('may be pushed again, and a tag may move', async () => {
    const repository = newRepository();
    const [first, second] = [
      await makeImage({ seed: `${repository}-1` }),
      await makeImage({ seed: `${repository}-2` }),
    ];
    await pushArtifact(client, repository, first, 'latest');
    await pushArtifact(client, repository, first, 'latest');
    await pushArtifact(client, repository, second, 'latest');
    expect(await pullWhole(client, repository, 'latest')).toBe(second.manifest.digest);
    expect(await pullWhole(client, repository, first.manifest.digest)).toBe(first.manifest.digest);
  });

  it('are refused while a blob is missing, and taken once it is there', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository, layerBytes: [100, 200] });
    const [missing, ...rest] = image.blobs;
    for (const blob of rest) await uploadBlob(client, repository, blob);
    const put = (): Promise<Answer> =>
      client.request('PUT', `/v2/${repository}/manifests/v1`, {
        headers: { 'content-type': image.manifest.mediaType },
        body: image.manifest.bytes,
      });
    expect((await put()).errorCodes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    await uploadBlob(client, repository, missing!);
    expect((await put()).status).toBe(201);
  });

  it('are refused when a blob lies in another repository only', async () => {
    const [source, target] = [newRepository(), newRepository()];
    const image = await makeImage({ seed: source });
    await pushArtifact(client, source, image, 'v1');
    await expect(putManifest(client, target, image.manifest, 'v1')).rejects.toThrow('MANIFEST_BLOB_UNKNOWN');
  });

  it('keep what a signer attaches to them', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository });
    await pushArtifact(client, repository, image, 'v1');
    const artifactType = 'application/vnd.example.sbom';
    const referrer = makeReferrer({ subject: image.manifest, artifactType, payload: Buffer.from('sbom') });
    for (const blob of referrer.blobs) await uploadBlob(client, repository, blob);
    const put = await client.request('PUT', `/v2/${repository}/manifests/${referrer.manifest.digest}`, {
      headers: { 'content-type': referrer.manifest.mediaType },
      body: referrer.manifest.bytes,
    });
    expect(put.status).toBe(201);
    expect(put.header('oci-subject')).toBe(image.manifest.digest);
    const path = `/v2/${repository}/referrers/${image.manifest.digest}`;
    const list = (await client.request('GET', path)).expect(200);
    expect(list.header('content-type')).toBe(mediaTypes.oci.index);
    const { manifests } = list.json() as { manifests: unknown[] };
    expect(manifests).toEqual([expect.objectContaining({ ...descriptorOf(referrer.manifest), artifactType })]);
    const none = (await client.request('GET', `${path}?artifactType=application/other`)).expect(200);
    expect((none.json() as { manifests: unknown[] }).manifests).toEqual([]);
    expect(none.header('oci-filters-applied')).toBe('artifactType');
  });
});

describe('blobs', () => {
  const manners: [string, UploadManner, number][] = [
    ['in one piece', { kind: 'monolithic' }, 700_000],
    ['empty', { kind: 'monolithic' }, 0],
    ['as one stream', { kind: 'streamed' }, 700_000],
    ['in chunks', { kind: 'chunked', chunkBytes: 100_000 }, 750_001],
    ['in chunks of a byte', { kind: 'chunked', chunkBytes: 1 }, 5],
  ];

  it.each(manners)('go up %s', async (_name, manner, size) => {
    const repository = newRepository();
    const blob = newBlob(size);
    await uploadBlob(client, repository, blob, manner);
    expect((await pullBlob(client, repository, blob.digest)).equals(blob.bytes)).toBe(true);
  });

  it('go up in one request that names the digest', async () => {
    const repository = newRepository();
    const blob = newBlob(10_000);
    const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`;
    const answer = await client.request('POST', path, { headers: octets, body: blob.bytes });
    // A registry may take the bytes at once, or ask for them once more.
    if (answer.expect(201, 202).status === 202) (await close(locationOf(answer), blob.digest, blob.bytes)).expect(201);
    expect((await pullBlob(client, repository, blob.digest)).equals(blob.bytes)).toBe(true);
  });

  it('go up after a request to begin that claims to be JSON', async () => {
    const repository = newRepository();
    const blob = newBlob(100);
    const headers = { 'content-type': 'application/json' };
    const answer = (await client.request('POST', `/v2/${repository}/blobs/uploads/`, { headers })).expect(202);
    expect((await close(locationOf(answer), blob.digest, blob.bytes)).status).toBe(201);
  });

  it('are mounted from another repository without an upload', async () => {
    const [source, target] = [newRepository(), newRepository()];
    const blob = newBlob(10_000);
    await uploadBlob(client, source, blob);
    expect(await blobStatus(target, blob.digest)).toBe(404);
    const answer = await client.request('POST', `/v2/${target}/blobs/uploads/?mount=${blob.digest}&from=${source}`);
    expect(answer.status).toBe(201);
    expect(answer.header('docker-content-digest')).toBe(blob.digest);
    expect((await pullBlob(client, target, blob.digest)).equals(blob.bytes)).toBe(true);
  });

  it('that cannot be mounted are uploaded instead', async () => {
    const target = newRepository();
    const blob = newBlob(10_000);
    await uploadBlob(client, target, blob, { kind: 'mount', from: newRepository() });
    expect(await blobStatus(target, blob.digest)).toBe(200);
  });

  it('are refused under a wrong digest', async () => {
    const repository = newRepository();
    const [blob, other] = [newBlob(5_000), newBlob(5_000)];
    const whole = await close(await openUpload(client, repository), other.digest, blob.bytes);
    expect([whole.status, whole.errorCodes]).toEqual([400, ['DIGEST_INVALID']]);
    const location = locationOf(await patch(await openUpload(client, repository), blob.bytes));
    const streamed = await close(location, other.digest);
    expect([streamed.status, streamed.errorCodes]).toEqual([400, ['DIGEST_INVALID']]);
    const malformed = await close(await openUpload(client, repository), 'sha256:abc', blob.bytes);
    expect([malformed.status, malformed.errorCodes]).toEqual([400, ['DIGEST_INVALID']]);
    expect(await blobStatus(repository, other.digest)).toBe(404);
    expect(await blobStatus(repository, blob.digest)).toBe(404);
  });

  it('are refused out of order, and the upload goes on', async () => {
    const repository = newRepository();
    const blob = newBlob(3_000);
    let location = await openUpload(client, repository);
    location = locationOf((await patch(location, blob.bytes.subarray(0, 1_000), '0-999')).expect(202));
    expect((await patch(location, blob.bytes.subarray(2_000), '2000-2999')).status).toBe(416);
    expect((await patch(location, blob.bytes.subarray(0, 1_000), '0-999')).status).toBe(416);
    const status = (await client.request('GET', location)).expect(204);
    expect(status.header('range')).toBe('0-999');
    location = locationOf((await patch(locationOf(status), blob.bytes.subarray(1_000), '1000-2999')).expect(202));
    expect((await close(location, blob.digest)).status).toBe(201);
  });

  it('are forgotten when the upload is cancelled', async () => {
    const location = locationOf(await patch(await openUpload(client, newRepository()), newBlob(1_000).bytes));
    expect((await client.request('DELETE', location)).status).toBe(204);
    const after = await client.request('GET', location);
    expect([after.status, after.errorCodes]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
  });

  it('cannot be sent to an upload of another repository', async () => {
    const [mine, other] = [newRepository(), newRepository()];
    const location = new URL(await openUpload(client, mine), platform.url);
    const moved = location.pathname.replace(mine, other) + location.search;
    expect((await patch(moved, newBlob(100).bytes)).errorCodes).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });

  it('are resumed after the connection broke', async () => {
    const repository = newRepository();
    const blob = newBlob(3_000_000);
    const location = await openUpload(client, repository);
    await breakUpload(repository, location, blob.bytes.subarray(0, 1_500_000), blob.size);
    const { offset, next } = await eventually('the upload can be resumed', () => resume(location, blob));
    expect(offset).toBeLessThanOrEqual(1_500_000);
    expect((await close(next, blob.digest)).status).toBe(201);
    expect((await pullBlob(client, repository, blob.digest)).equals(blob.bytes)).toBe(true);
  });

  /** Sends the head of a PATCH and a part of the body that it announces, and hangs up. */
  async function breakUpload(repository: string, location: string, part: Buffer, announcedBytes: number) {
    const token = await tokenFor(developer, `repository:${repository}:pull,push`);
    const url = new URL(location, platform.url);
    const socket = connect(Number(url.port || 80), url.hostname);
    const head = [
      `PATCH ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      `Authorization: Bearer ${token}`,
      'Content-Type: application/octet-stream',
      `Content-Length: ${announcedBytes}`,
    ];
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      socket.write(part, () => {
        socket.resetAndDestroy();
        resolve();
      });
    });
  }

  /** Asks how far the upload is and sends the rest; undefined while the registry still holds the broken request. */
  async function resume(location: string, blob: Content): Promise<{ offset: number; next: string } | undefined> {
    const status = (await client.request('GET', location)).expect(204);
    const range = /^0-(\d+)$/.exec(status.header('range') ?? '');
    const last = Number(range?.[1] ?? 0);
    // Distribution says 0-0 for nothing and for one byte alike.
    const offset = last === 0 ? 0 : last + 1;
    const answer = await patch(locationOf(status), blob.bytes.subarray(offset), `${offset}-${blob.size - 1}`);
    return answer.status === 202 ? { offset, next: locationOf(answer) } : undefined;
  }
});

describe('manifests', () => {
  const put = (repository: string, reference: string, mediaType: string, body: Buffer): Promise<Answer> =>
    client.request('PUT', `/v2/${repository}/manifests/${reference}`, { headers: { 'content-type': mediaType }, body });

  it('are refused over 4 MiB', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository });
    await pushArtifact(client, repository, image, 'small');
    const parsed = JSON.parse(image.manifest.bytes.toString()) as object;
    const annotations = { filler: 'x'.repeat(5 * 1024 * 1024) };
    const large = jsonContent(image.manifest.mediaType, { ...parsed, annotations });
    const answer = await put(repository, 'large', large.mediaType, large.bytes);
    expect(answer.status).toBe(413);
    expect(answer.errorCodes).toHaveLength(1);
  });

  it('are refused under a digest that is not theirs', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository });
    await pushArtifact(client, repository, image, 'v1');
    const answer = await put(repository, sha256('else'), image.manifest.mediaType, image.manifest.bytes);
    expect([answer.status, answer.errorCodes]).toEqual([400, ['DIGEST_INVALID']]);
  });

  it.each([
    ['no JSON', mediaTypes.oci.manifest, 'nonsense'],
    ['another type in the body', mediaTypes.oci.manifest, JSON.stringify({ schemaVersion: 2, mediaType: 'a/b' })],
    ['without a config', mediaTypes.oci.manifest, JSON.stringify({ schemaVersion: 2, layers: [] })],
  ])('are refused: %s', async (_name, mediaType, body) => {
    const answer = await put(newRepository(), 'v1', mediaType, Buffer.from(body));
    expect([answer.status, answer.errorCodes]).toEqual([400, ['MANIFEST_INVALID']]);
  });

  it('are refused under a tag that is none', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository });
    await pushArtifact(client, repository, image, 'v1');
    const answer = await put(repository, `-${'x'.repeat(10)}`, image.manifest.mediaType, image.manifest.bytes);
    expect([400, 404]).toContain(answer.status);
  });

  it('that list others need them in the same repository', async () => {
    const repository = newRepository();
    const index = makeIndex([await makeImage({ seed: repository })]);
    const answer = await put(repository, 'v1', index.manifest.mediaType, index.manifest.bytes);
    expect(answer.errorCodes).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });

  it('are deleted by digest, with their tags', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository });
    await pushArtifact(client, repository, image, 'v1');
    const admin = registryFor(platform.admin);
    expect((await admin.request('DELETE', `/v2/${repository}/manifests/${image.manifest.digest}`)).status).toBe(202);
    const gone = await client.request('GET', `/v2/${repository}/manifests/v1`);
    expect([gone.status, gone.errorCodes]).toEqual([404, ['MANIFEST_UNKNOWN']]);
    await pushArtifact(client, repository, image, 'v1');
    expect(await pullWhole(client, repository, 'v1')).toBe(image.manifest.digest);
  });

  it('are listed by their tags, page by page', async () => {
    const repository = newRepository();
    const image = await makeImage({ seed: repository });
    const tags = ['1.0', '1.10', '1.9', 'Latest', 'a_b', 'latest'];
    for (const tag of tags.toReversed()) await pushArtifact(client, repository, image, tag);
    const all = (await client.request('GET', `/v2/${repository}/tags/list`)).expect(200);
    expect(all.json()).toEqual({ name: repository, tags });
    const page = (await client.request('GET', `/v2/${repository}/tags/list?n=2&last=1.10`)).expect(200);
    expect(page.json()).toEqual({ name: repository, tags: ['1.9', 'Latest'] });
    expect(page.header('link')).toMatch(/^<.*\/tags\/list\?.*>; rel="next"$/);
  });
});
