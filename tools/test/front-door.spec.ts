import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareDataFolder, type DataFolder } from '../src/data-folder.ts';
import { nginxPart, type FrontDoor } from '../src/nginx.part.ts';
import { findOwner, type Owner } from '../src/owner.ts';
import { pickFree } from '../src/ports.ts';
import { ensureRunning, stop } from '../src/supervisor.ts';

/** What a stand-in service was asked, as it arrived. */
interface Seen {
  service: string;
  method: string;
  url: string;
  headers: Record<string, string>;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
  json: unknown;
}

const templates = resolve(import.meta.dirname, '../../deploy/nginx');
const blob = Buffer.from('0123456789'.repeat(1000));
const hex = createHash('sha256').update(blob).digest('hex');
const digest = `sha256:${hex}`;

const echo =
  (service: string): RequestListener =>
  (incoming, response) => {
    const seen = { service, method: incoming.method, url: incoming.url, headers: incoming.headers };
    incoming.resume().once('end', () => {
      response.setHeader('X-Request-Id', 'of the service').end(JSON.stringify(seen));
    });
  };

/** Answers like the registry: blobs by X-Accel-Redirect. */
const registry: RequestListener = (incoming, response) => {
  const asked = /^\/v2\/lib\/app\/blobs\/sha256:([0-9a-f]{64})$/.exec(incoming.url ?? '')?.[1];
  if (asked === undefined) {
    echo('registry')(incoming, response);
    return;
  }
  response.setHeader('X-Accel-Redirect', `/_blobs/sha256/${asked.slice(0, 2)}/${asked}/data`);
  response.setHeader('Content-Type', 'application/vnd.test.layer');
  response.setHeader('Docker-Content-Digest', `sha256:${asked}`);
  response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
  response.setHeader('ETag', `"sha256:${asked}"`);
  response.end();
};

/** Answers `/api/steal` as a service must not be able to. */
const core: RequestListener = (incoming, response) => {
  if (incoming.url === '/api/steal')
    response.setHeader('X-Accel-Redirect', `/_blobs/sha256/${hex.slice(0, 2)}/${hex}/data`);
  echo('core')(incoming, response);
};

const listening = (listener: RequestListener, port: number): Promise<Server> =>
  new Promise((done) => {
    const server = createServer(listener).listen(port, '127.0.0.1', () => {
      done(server);
    });
  });

describe('the front door', () => {
  let owner: Owner;
  let data: DataFolder;
  let port: number;
  let front: FrontDoor;
  let servers: Server[];
  const folder = mkdtempSync(join(tmpdir(), 'haven-front-door-'));

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', body?: Buffer): Promise<Answer> =>
    new Promise((done, failed) => {
      // Without a Host of its own, each request brings that of the URL.
      const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
        response.once('end', () => {
          const isJson = /^[[{]/.test(text);
          const json: unknown = isJson ? JSON.parse(text) : undefined;
          done({ status: response.statusCode ?? 0, headers: response.headers, body: text, json });
        });
      });
      asked.once('error', failed);
      asked.end(body);
    });

  const seenBy = async (path: string, headers: Record<string, string> = {}): Promise<Seen> =>
    (await ask(path, headers)).json as Seen;

  beforeAll(async () => {
    chmodSync(folder, 0o755); // As root, nginx runs as the service user, who passes through.
    owner = await findOwner();
    data = await prepareDataFolder(join(folder, 'data'), owner);
    const blobFolder = join(data.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex);
    mkdirSync(blobFolder, { recursive: true });
    writeFileSync(join(blobFolder, 'data'), blob);
    const [core_, registry_, public_] = [await pickFree([]), await pickFree([]), await pickFree([])];
    port = public_;
    servers = [await listening(core, core_), await listening(registry, registry_)];
    const ports = { postgres: 1, redis: 1, core: core_, registry: registry_ };
    front = { port, tls: undefined, listen: ['127.0.0.1'], externalUrl: `http://localhost:${port}`, ports, templates };
    await ensureRunning(nginxPart(front, data, owner), data, owner);
  });

  afterAll(async () => {
    await stop(data, 'nginx');
    for (const server of servers) server.close().closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['/v2', 'registry'],
    ['/v2/', 'registry'],
    ['/v2/a/manifests/latest', 'registry'],
    ['/api/v2.0/ping', 'core'],
    ['/c/login', 'core'],
    ['/service/token?service=x&scope=repository:a/b:pull', 'core'],
    ['/devcenter-api-2.0', 'core'],
  ])('brings %s to the %s', async (path, service) => {
    expect(await seenBy(path)).toMatchObject({ service, url: path });
  });

  it.each([
    '/v1/',
    '/v1/_ping',
    '/v1',
    '/service/notifications',
    '/service/notifications/jobs/1',
    '/service//notifications',
    '/service/%6Eotifications',
    '/api/../service/notifications/x',
    '/api/%2e%2e/service/notifications',
    '//v2/',
    '//api/v2.0/ping',
    '/internal/events',
    '/api/../internal/events',
    '/metrics',
    '/healthz',
    '/readyz',
    '/v20/',
    '/apis/',
    `/_blobs/sha256/${hex.slice(0, 2)}/${hex}/data`,
    '/anything',
  ])('answers %s itself, with 404', async (path) => {
    const answer = await ask(path);
    expect(answer).toMatchObject({ status: 404, json: { errors: [{ message: 'not found' }] } });
  });

  it.each(['/v2/%zz/manifests/x', '/v2/../../etc/passwd', '/api/%zz'])(
    'refuses the malformed URI %s as JSON',
    async (path) => {
      expect(await ask(path)).toMatchObject({ status: 400, json: { errors: [{ message: 'bad request' }] } });
    },
  );

  it.each([
    '/api/v2.0/projects/p/repositories/a%252Fb/artifacts',
    '/api/v2.0/projects/p/repositories/a%2Fb?q=name%3D~x&sort=-a',
    '/api/v2.0//x',
    '/v2/a//b/manifests/x',
    '/v2/a/blobs/uploads/1?_state=a%2Bb%3D&digest=sha256%3Aff',
  ])('changes nothing about the URI %s', async (path) => {
    expect((await seenBy(path)).url).toBe(path);
  });

  it('shows the landing page at / only, and never lets it be framed', async () => {
    const answer = await ask('/');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.headers).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(answer.headers['content-security-policy']).toBe("frame-ancestors 'none'");
    expect(answer.headers['server']).toBe('nginx');
  });

  it('says who asks, and believes nothing that the client says about that', async () => {
    const lies = {
      'X-Real-IP': '6.6.6.6',
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'evil',
      Forwarded: 'for=6.6.6.6',
    };
    const { headers } = await seenBy('/api/x', { ...lies, Host: 'registry.example:8443' });
    expect(headers).toMatchObject({
      host: 'registry.example:8443',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    expect(headers).not.toHaveProperty('x-forwarded-host');
    expect(headers).not.toHaveProperty('forwarded');
  });

  it('passes on the request id of the client, and answers with it once', async () => {
    const answer = await ask('/v2/', { 'X-Request-Id': 'from client 1' });
    expect((answer.json as Seen).headers['x-request-id']).toBe('from client 1');
    expect(answer.headers['x-request-id']).toBe('from client 1');
  });

  it.each([
    ['too long', 'x'.repeat(129)],
    ['with a quote', 'a"b'],
    ['absent', undefined],
  ])('makes a request id when that of the client is %s', async (_what, id) => {
    const answer = await ask('/api/x', id === undefined ? {} : { 'X-Request-Id': id });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect((answer.json as Seen).headers['x-request-id']).toBe(answer.headers['x-request-id']);
  });

  it('sends blob bytes with the headers of the registry', async () => {
    const answer = await ask(`/v2/lib/app/blobs/${digest}`, { 'X-Request-Id': 'blob-1' });
    expect(answer.status).toBe(200);
    expect(createHash('sha256').update(answer.body, 'latin1').digest('hex')).toBe(hex);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/vnd.test.layer',
      'content-length': String(blob.length),
      'docker-content-digest': digest,
      'docker-distribution-api-version': 'registry/2.0',
      etag: `"${digest}"`,
      'accept-ranges': 'bytes',
      'x-request-id': 'blob-1',
      'x-frame-options': 'DENY',
    });
  });

  it.each([
    ['bytes=10-19', undefined, 206, 'bytes 10-19/10000', 10],
    ['bytes=-5', undefined, 206, 'bytes 9995-9999/10000', 5],
    ['bytes=10-19', `"${digest}"`, 206, 'bytes 10-19/10000', 10],
    ['bytes=10-19', '"sha256:other"', 200, undefined, 10_000],
    ['bytes=0-1,5-6', undefined, 200, undefined, 10_000],
  ])('answers Range %s, If-Range %s with %i', async (range, ifRange, status, contentRange, length) => {
    const headers = { Range: range, ...(ifRange === undefined ? {} : { 'If-Range': ifRange }) };
    const answer = await ask(`/v2/lib/app/blobs/${digest}`, headers);
    expect([answer.status, answer.headers['content-range'], answer.body.length]).toEqual([
      status,
      contentRange,
      length,
    ]);
    expect(answer.headers['docker-content-digest']).toBe(digest);
  });

  it('turns its own 416 and 404 on blobs into OCI errors', async () => {
    const headers = { Range: 'bytes=10000-', 'X-Request-Id': 'r-2' };
    const beyond = await ask(`/v2/lib/app/blobs/${digest}`, headers);
    expect(beyond.status).toBe(416);
    expect(beyond.headers).toMatchObject({
      'content-type': 'application/json',
      'content-range': 'bytes */10000',
      'docker-distribution-api-version': 'registry/2.0',
      'x-frame-options': 'DENY',
      'x-request-id': 'r-2',
    });
    expect(beyond.json).toEqual({
      errors: [{ code: 'RANGE_INVALID', message: 'invalid content range' }],
      request_id: 'r-2',
    });
    const absent = await ask(`/v2/lib/app/blobs/sha256:${'0'.repeat(64)}`);
    expect(absent.status).toBe(404);
    expect(absent.json).toMatchObject({ errors: [{ code: 'BLOB_UNKNOWN', message: 'not found' }] });
  });

  it('lets only the registry have files sent', async () => {
    expect(await seenBy('/api/steal')).toMatchObject({ service: 'core' });
  });

  it('limits bodies on the API, and not those of uploads', async () => {
    const large = Buffer.alloc(17 * 1024 * 1024);
    const refused = await ask('/api/v2.0/projects', { 'Content-Length': String(large.length) }, 'POST');
    expect(refused.status).toBe(413);
    expect(refused.json).toMatchObject({
      errors: [{ code: 'REQUEST_ENTITY_TOO_LARGE', message: 'request entity too large' }],
    });
    expect((await ask('/v2/a/blobs/uploads/1', {}, 'PATCH', large)).status).toBe(200);
  });

  it('passes an upload on while it is still coming in', async () => {
    const arrived = new Promise<string>((done) => {
      servers[1]?.prependOnceListener('request', (incoming: IncomingMessage) => {
        incoming.once('data', (bytes: Buffer) => {
          done(bytes.toString());
        });
      });
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('PATCH /v2/a/blobs/uploads/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfirst');
    expect(await arrived).toBe('first');
    socket.destroy();
  });

  it('answers for services that are away, each in its own form', async () => {
    const ports = { ...front.ports, core: await pickFree([]), registry: await pickFree([]) };
    const away = { ...front, ports };
    await ensureRunning(nginxPart(away, data, owner), data, owner);
    const id = { 'X-Request-Id': 'r-1' };
    const message = 'service unavailable (request id r-1)';
    const onV2 = await ask('/v2/', id);
    expect(onV2).toMatchObject({ status: 502, json: { errors: [{ code: 'UNAVAILABLE', message }] } });
    expect(onV2.headers).toMatchObject({
      'docker-distribution-api-version': 'registry/2.0',
      'retry-after': '5',
      'x-request-id': 'r-1',
    });
    const onApi = await ask('/api/v2.0/ping', id);
    expect(onApi).toMatchObject({ status: 502, json: { errors: [{ code: 'UNAVAILABLE', message }] } });
    expect(onApi.headers).not.toHaveProperty('docker-distribution-api-version');
    await ensureRunning(nginxPart(front, data, owner), data, owner);
  });

  it('keeps the requests of one upload at one of several registries, and uses all of them', async () => {
    const second = await pickFree([]);
    servers.push(await listening(echo('another registry'), second));
    const part = nginxPart(front, data, owner);
    const conf = join(data.nginx, 'conf/nginx.conf');
    const first = `server 127.0.0.1:${front.ports.registry};`;
    writeFileSync(conf, readFileSync(conf, 'utf8').replace(first, `${first} server 127.0.0.1:${second};`));
    await ensureRunning({ ...part, settings: `${part.settings} and another registry` }, data, owner);
    const used = new Set<string>();
    for (let turn = 0; turn < 40; turn += 1) {
      const upload = `/v2/lib/app/blobs/uploads/${randomUUID()}`;
      const services = await Promise.all(
        [upload, `${upload}?digest=sha256:0`, `${upload}?_state=x`].map(async (path) => (await seenBy(path)).service),
      );
      expect(new Set(services).size).toBe(1);
      used.add(services[0] ?? '');
    }
    expect(used).toEqual(new Set(['registry', 'another registry']));
    await ensureRunning(nginxPart(front, data, owner), data, owner);
  });
});
