import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  closingLocation,
  contentOf,
  deterministicBytes,
  locationOf,
  makeImage,
  openUpload,
  pullBlob,
  pullWhole,
  pushArtifact,
  putManifest,
  uploadBlob,
  type Answer,
  type Content,
  type Image,
  type RegistryClient,
} from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { platform, registryFor } from '../harness/platform.ts';
import { openSocket, readToEnd, requestText, type RawAnswer } from '../harness/raw-http.ts';
import { tokenFor } from '../harness/token.ts';

const timeoutMs = 90_000;
const octets = { 'content-type': 'application/octet-stream' };

let project: TestProject;
let developer: TestUser;
let client: RegistryClient;
let repository: string;
let token: string;

beforeAll(async () => {
  project = await newProject('bodies');
  developer = await newMember(project, 'developer');
  client = registryFor(developer);
  repository = `${project.name}/app`;
  token = await tokenFor(developer, `repository:${repository}:pull,push`);
}, timeoutMs);

const newBlob = (size: number): Content => contentOf(octets['content-type'], deterministicBytes(uniqueName('b'), size));

const pathOf = (location: string): string => {
  const { pathname, search } = new URL(location, platform.url);
  return pathname + search;
};

/** Sends the head of a request whose body comes later. */
function begin(method: string, location: string, headers: Record<string, string>): Socket {
  const socket = openSocket();
  const all = { Authorization: `Bearer ${token}`, 'Content-Type': octets['content-type'], ...headers };
  // What a server does to a client that misbehaves is looked at elsewhere.
  socket.on('error', () => undefined);
  socket.write(requestText(method, pathOf(location), all));
  return socket;
}

const chunkOf = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

async function breakOff(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) =>
    socket.write(bytes, () => {
      resolve();
    }),
  );
  socket.resetAndDestroy();
}

const patch = (location: string, body: Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
  client.request('PATCH', location, { headers: { ...octets, ...headers }, body });

const close = (location: string, digest: string, body: Buffer | string = ''): Promise<Answer> =>
  client.request('PUT', closingLocation(location, digest, platform.url), { headers: octets, body });

/** Where an upload stands, in bytes. */
async function offsetOf(location: string): Promise<number> {
  const range = (await client.request('GET', location)).expect(204).header('range') ?? '';
  const last = Number(/^0-(\d+)$/.exec(range)?.[1] ?? 0);
  return last === 0 ? 0 : last + 1;
}

describe('offsets that are wrong', () => {
  it.each([
    'bytes 0-99',
    '5-104',
    '0-98',
    '99-0',
    '-1-98',
    'x-y',
    '',
    '0-',
    '0-99/100',
    '0-99999999999999999999999',
    `0-${'9'.repeat(60)}`,
  ])('%j', async (range) => {
    const location = await openUpload(client, repository);
    const blob = newBlob(100);
    const answer = await patch(location, blob.bytes, { 'content-range': range });
    // An empty header, and a unit that older clients write, are let pass.
    expect([202, 400, 416]).toContain(answer.status);
    expect(await offsetOf(location)).toBe(answer.status === 202 ? 100 : 0);
    expect((await client.request('DELETE', location)).status).toBe(204);
  });
});

describe('bodies that break off', () => {
  const half = 500_000;

  /** Goes on with what is missing, and checks that the whole is there in the end. */
  async function goOn(location: string, blob: Content): Promise<void> {
    const next = await eventually('the upload can be resumed', async () => {
      const offset = await offsetOf(location);
      expect(offset).toBeLessThanOrEqual(half);
      const range = `${offset}-${blob.size - 1}`;
      const answer = await patch(location, blob.bytes.subarray(offset), { 'content-range': range });
      return answer.status === 202 ? locationOf(answer) : undefined;
    });
    (await close(next, blob.digest)).expect(201);
    expect((await pullBlob(client, repository, blob.digest)).equals(blob.bytes)).toBe(true);
  }

  it.each([
    ['with a length', { 'Content-Length': '1000000' }, (bytes: Buffer) => bytes],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }, chunkOf],
    ['within a chunk', { 'Transfer-Encoding': 'chunked' }, (bytes: Buffer) => chunkOf(bytes).subarray(0, 400_000)],
  ])('%s are resumed', async (_name, headers, framed) => {
    const blob = newBlob(2 * half);
    const location = await openUpload(client, repository);
    await breakOff(begin('PATCH', location, headers), framed(blob.bytes.subarray(0, half)));
    await goOn(location, blob);
  });

  it('in the closing request commit nothing', async () => {
    const blob = newBlob(2 * half);
    const location = await openUpload(client, repository);
    const closing = closingLocation(location, blob.digest, platform.url);
    await breakOff(begin('PUT', closing, { 'Content-Length': '1000000' }), blob.bytes.subarray(0, half));
    expect((await client.request('HEAD', `/v2/${repository}/blobs/${blob.digest}`)).status).toBe(404);
    await goOn(location, blob);
  });

  it('of manifests store nothing', async () => {
    const image = await makeImage({ seed: uniqueName('broken') });
    for (const blob of image.blobs) await uploadBlob(client, repository, blob);
    const { bytes, mediaType, size } = image.manifest;
    const headers = { 'Content-Type': mediaType, 'Content-Length': String(size) };
    await breakOff(begin('PUT', `/v2/${repository}/manifests/broken`, headers), bytes.subarray(0, size - 1));
    expect((await client.request('HEAD', `/v2/${repository}/manifests/broken`)).status).toBe(404);
    await putManifest(client, repository, image.manifest, 'broken');
  });
});

describe('bodies without an end', () => {
  const megabyte = Buffer.alloc(1_000_000, 0x20);

  /** Sends until it is answered, then waits to be hung up on. */
  async function sendOn(socket: Socket): Promise<{ answer: RawAnswer; sentBytes: number }> {
    let sentBytes = 0;
    const answered = new AbortController();
    socket.once('data', () => {
      answered.abort();
    });
    socket.once('close', () => {
      answered.abort();
    });
    const ended = readToEnd(socket, 30_000);
    while (!answered.signal.aborted && sentBytes < 1_000_000_000) {
      sentBytes += megabyte.length;
      if (socket.write(chunkOf(megabyte))) await delay(1);
      else await once(socket, 'drain', { signal: answered.signal }).catch(() => undefined);
    }
    return { answer: await ended, sentBytes };
  }

  it(
    'are refused as manifests, and hung up on',
    async () => {
      const headers = { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json', 'Transfer-Encoding': 'chunked' };
      const { answer, sentBytes } = await sendOn(begin('PUT', `/v2/${repository}/manifests/endless`, headers));
      expect(answer.status).toBe(413);
      expect(answer.body).toContain('"errors"');
      expect(sentBytes).toBeLessThan(100_000_000);
    },
    timeoutMs,
  );

  it(
    'are refused by the API, and hung up on',
    async () => {
      const headers = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' };
      const { answer, sentBytes } = await sendOn(begin('POST', '/api/v2.0/projects', headers));
      expect([401, 413]).toContain(answer.status);
      expect(sentBytes).toBeLessThan(100_000_000);
    },
    timeoutMs,
  );
});

describe('clients that are very slow', () => {
  const slowCount = 40;

  /** Sends a byte now and then until it is told to stop. */
  async function trickle(socket: Socket, over: AbortSignal): Promise<number> {
    let sentBytes = 0;
    while (!over.aborted) {
      socket.write(Buffer.alloc(1, 0x20));
      sentBytes += 1;
      await delay(50);
    }
    return sentBytes;
  }

  it(
    'keep nobody else waiting, and what they sent counts',
    async () => {
      const over = new AbortController();
      const image = await makeImage({ seed: uniqueName('quick'), layerBytes: [200_000] });
      const locations = await Promise.all(Array.from({ length: slowCount }, () => openUpload(client, repository)));
      const length = { 'Content-Length': '1000' };
      const uploads = locations.map((location) => begin('PATCH', location, length));
      const manifests = locations.map((_, n) => begin('PUT', `/v2/${repository}/manifests/slow-${n}`, length));
      const heads = locations.map(() => openSocket().on('error', () => undefined));
      for (const socket of heads) socket.write('GET /v2/ HTTP/1.1\r\nX-Slow: ');
      const sent = [...uploads, ...manifests, ...heads].map((socket) => trickle(socket, over.signal));
      try {
        const from = performance.now();
        for (let round = 0; round < 5; round += 1) {
          await pushArtifact(registryFor(developer), `${project.name}/quick-${round}`, image, 'v1');
          expect(await pullWhole(registryFor(developer), `${project.name}/quick-${round}`, 'v1')).toBe(
            image.manifest.digest,
          );
        }
        expect(performance.now() - from).toBeLessThan(10_000);
      } finally {
        over.abort();
      }
      const counts = await Promise.all(sent);
      for (const socket of [...uploads, ...manifests, ...heads]) socket.end();
      for (const [n, location] of locations.entries()) {
        await eventually('what was sent counts', async () =>
          (await offsetOf(location)) === counts[n] ? true : undefined,
        );
      }
    },
    timeoutMs,
  );
});

describe('a repository with 10,000 tags', () => {
  const tagCount = 10_000;
  const batch = 100;
  const tags = Array.from({ length: tagCount }, (_, n) => `v${String(n).padStart(5, '0')}`);
  let tagged: string;
  let image: Image;

  beforeAll(async () => {
    tagged = `${project.name}/tagged`;
    image = await makeImage({ seed: tagged });
    await pushArtifact(client, tagged, image);
    const { bytes, mediaType, digest } = image.manifest;
    const starts = Array.from({ length: tagCount / batch }, (_, n) => n * batch).values();
    const putSome = async (): Promise<void> => {
      for (const start of starts) {
        const query = tags.slice(start, start + batch).map((tag) => `tag=${tag}`);
        const path = `/v2/${tagged}/manifests/${digest}?${query.join('&')}`;
        const answer = await client.request('PUT', path, { headers: { 'content-type': mediaType }, body: bytes });
        answer.expect(201);
      }
    };
    await Promise.all(Array.from({ length: 4 }, putSome));
  }, timeoutMs);

  it(
    'lists them page by page, each once and in order',
    async () => {
      const from = performance.now();
      const listed: string[] = [];
      let pages = 0;
      for (let path: string | undefined = `/v2/${tagged}/tags/list?n=100`; path !== undefined; pages += 1) {
        const answer: Answer = (await client.request('GET', path)).expect(200);
        listed.push(...(answer.json() as { tags: string[] }).tags);
        path = /^<([^>]+)>; rel="next"$/.exec(answer.header('link') ?? '')?.[1];
      }
      expect(listed).toEqual(tags);
      expect([100, 101]).toContain(pages);
      expect(performance.now() - from).toBeLessThan(15_000);
    },
    timeoutMs,
  );

  it(
    'answers the other questions about them soon',
    async () => {
      const from = performance.now();
      const all = (await client.request('GET', `/v2/${tagged}/tags/list`)).expect(200).json() as { tags: string[] };
      expect(tags.slice(0, all.tags.length)).toEqual(all.tags);
      const end = (await client.request('GET', `/v2/${tagged}/tags/list?n=10&last=v09995`)).expect(200).json();
      expect(end).toEqual({ name: tagged, tags: tags.slice(9_996) });
      const artifacts = `/projects/${project.name}/repositories/tagged/artifacts`;
      const list = (await developer.api.get(`${artifacts}?with_tag=true`)).expect(200).json() as { tags: unknown[] }[];
      expect(list).toHaveLength(1);
      const page = (await developer.api.get(`${artifacts}/${image.manifest.digest}/tags?page_size=100`)).expect(200);
      expect([page.header('x-total-count'), (page.json() as unknown[]).length]).toEqual(['10000', 100]);
      expect(await pullWhole(client, tagged, 'v07777')).toBe(image.manifest.digest);
      expect(performance.now() - from).toBeLessThan(10_000);
    },
    timeoutMs,
  );
});
