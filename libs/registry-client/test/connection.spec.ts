import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { OutboundClient } from '@haven/outbound';
import { RegistryClient, RegistryError, type Clock, type RegistryConnectionOptions } from '../src/index.js';
import { basic, collect } from './scripted-cloud.js';

const outbound = new OutboundClient({ reach: 'loopback' });
const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await outbound.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const serve = async (handler: RequestListener) => `http://${await listen(createServer(handler))}`;

/** A clock that passes only while somebody waits. */
class TestClock implements Clock {
  time = 1_800_000_000_000;
  readonly waits: number[] = [];
  readonly now = () => this.time;
  readonly random = () => 0.5;
  readonly sleep = (ms: number): Promise<void> => {
    this.waits.push(ms);
    this.time += ms;
    return Promise.resolve();
  };
}

/** A registry behind a token service, which counts what it is asked. */
class Guarded {
  readonly log: string[] = [];
  readonly tokens = new Map<string, string>();
  lifetimeSeconds: number | undefined = 60;
  url = '';

  static async start(): Promise<Guarded> {
    const guarded = new Guarded();
    guarded.url = await serve((request, response) => {
      const url = new URL(request.url ?? '', guarded.url);
      guarded.log.push(`${request.method} ${url.pathname} ${request.headers.authorization?.split(' ')[0] ?? '-'}`);
      if (url.pathname === '/token') {
        if (request.headers.authorization !== basic('ada', 'secret')) return response.writeHead(401).end();
        const token = `token-${guarded.log.length}`;
        guarded.tokens.set(token, url.searchParams.getAll('scope').join(' '));
        return response.end(JSON.stringify({ access_token: token, expires_in: guarded.lifetimeSeconds }));
      }
      const scope = guarded.tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
      if (scope === undefined) {
        const realm = `Bearer realm="${guarded.url}/token",service="guarded",scope="repository:x:pull"`;
        return response.writeHead(401, { 'www-authenticate': realm }).end();
      }
      if (url.pathname.includes('/secret/'))
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return response.writeHead(200, { 'x-scope': scope }).end('{"tags":["1"]}');
    });
    return guarded;
  }
}

const credentials = { type: 'basic', accessKey: 'ada', accessSecret: 'secret' } as const;
const connect = (url: string, options: Partial<RegistryConnectionOptions> = {}) =>
  new RegistryClient(outbound, { url, ...options });
const failureOf = async (work: Promise<unknown>): Promise<[string, string]> =>
  work.then(
    () => ['none', ''],
    (error: unknown) => (error instanceof RegistryError ? [error.failure, error.message] : ['?', String(error)]),
  );

describe('tokens', () => {
  it('are fetched by scope, once, and renewed shortly before their end', async () => {
    const guarded = await Guarded.start();
    const clock = new TestClock();
    const client = connect(guarded.url, { credentials, clock });
    await collect(client.listTags('team/app'));
    await collect(client.listTags('team/app'));
    expect(guarded.log).toEqual([
      'GET /v2/team/app/tags/list -',
      'GET /token Basic',
      'GET /v2/team/app/tags/list Bearer',
      'GET /v2/team/app/tags/list Bearer',
    ]);
    expect([...guarded.tokens.values()]).toEqual(['repository:team/app:pull']);
    clock.time += 40_000;
    await collect(client.listTags('team/app'));
    expect(guarded.tokens.size).toBe(1);
    clock.time += 10_000;
    await collect(client.listTags('team/app'));
    expect(guarded.tokens.size).toBe(2);
    await collect(client.listTags('team/web'));
    expect([...guarded.tokens.values()].at(-1)).toBe('repository:team/web:pull');
  });

  it('that are asked for at once are one', async () => {
    const guarded = await Guarded.start();
    const client = connect(guarded.url, { credentials });
    await client.ping();
    guarded.tokens.clear();
    await Promise.all(Array.from({ length: 8 }, () => collect(client.listTags('team/app'))));
    expect(guarded.tokens.size).toBe(1);
  });

  it('that are refused are fetched anew, once', async () => {
    const guarded = await Guarded.start();
    const client = connect(guarded.url, { credentials });
    await collect(client.listTags('team/app'));
    guarded.tokens.clear();
    expect(await collect(client.listTags('team/app'))).toEqual(['1']);
    guarded.log.length = 0;
    expect((await failureOf(collect(client.listTags('secret/app'))))[0]).toBe('unauthorized');
    // The password is shown to the token service alone.
    expect(guarded.log.filter((line) => line.startsWith('GET /v2/') && line.endsWith('Basic'))).toEqual([]);
    expect(guarded.log.length).toBeLessThanOrEqual(4);
  });

  it('are not to be had with a wrong password, and the message tells none', async () => {
    const guarded = await Guarded.start();
    const client = connect(guarded.url, { credentials: { ...credentials, accessSecret: 'wr0ng' } });
    const [failure, message] = await failureOf(client.ping());
    expect([failure, message]).toEqual(['unauthorized', `${guarded.url} answered 401`]);
  });

  it('may be given, or come for a refresh token', async () => {
    const shown: string[] = [];
    const url = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { authorization = '' } = request.headers;
        shown.push(`${request.method} ${authorization} ${Buffer.concat(chunks).toString()}`);
        if (request.url === '/token') response.end('{"access_token":"fresh"}');
        else if (authorization.startsWith('Bearer ')) response.end('{}');
        else response.writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token",service="s"` }).end();
      });
    });
    await connect(url, { credentials: { type: 'secret', accessKey: '', accessSecret: 'given' } }).ping();
    expect(shown.splice(0)).toEqual(['GET Bearer given ']);
    await connect(url, { credentials: { type: 'oauth', accessKey: '', accessSecret: 'renew' } }).ping();
    expect(shown.slice(1)).toEqual([
      'POST  service=s&grant_type=refresh_token&client_id=haven&refresh_token=renew',
      'GET Bearer fresh ',
    ]);
  });
});

describe('requests', () => {
  it('are tried again where that helps, with jitter, and no more often than allowed', async () => {
    let left = 3;
    const url = await serve((_request, response) => response.writeHead(left-- > 0 ? 503 : 200).end('{}'));
    const clock = new TestClock();
    await connect(url, { clock, retry: { attempts: 4, baseMs: 100, capMs: 10_000 } }).ping();
    expect(clock.waits).toEqual([50, 100, 200]);
    left = 9;
    const [failure, message] = await failureOf(connect(url, { clock, retry: { attempts: 2 } }).ping());
    expect([failure, message]).toEqual(['unavailable', `${url} answered 503`]);
    expect(left).toBe(7);
  });

  it('are not tried again when they are refused', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"not\\u001b[31m for you"}]}');
    });
    const error = await connect(url)
      .ping()
      .catch((caught: unknown) => caught as RegistryError);
    expect(error).toMatchObject({ failure: 'denied', status: 403, code: 'DENIED', detail: 'not [31m for you' });
    expect(asked).toBe(1);
  });

  it('wait as long as they are told to, all of them', async () => {
    let busy = true;
    const url = await serve((_request, response) => {
      if (busy) response.writeHead(429, { 'retry-after': '120' }).end();
      else response.end('{}');
      busy = false;
    });
    const clock = new TestClock();
    const client = connect(url, { clock });
    await client.ping();
    expect(clock.waits[0]).toBeGreaterThanOrEqual(120_000);
    const rest = { 'ratelimit-remaining': '0', 'ratelimit-reset': '30' };
    const limited = await serve((_request, response) => response.writeHead(200, rest).end('{}'));
    const other = connect(limited, { clock });
    await other.ping();
    clock.waits.length = 0;
    await other.ping();
    expect(clock.waits).toEqual([30_000]);
  });

  it('do not wait for ever', async () => {
    const url = await serve((_request, response) => response.writeHead(429, { 'retry-after': '86400' }).end());
    const clock = new TestClock();
    const error = await connect(url, { clock })
      .ping()
      .catch((caught: unknown) => caught as RegistryError);
    expect(error).toMatchObject({ failure: 'rate-limited', retryAfterMs: 86_400_000 });
    expect(clock.waits).toEqual([]);
  });

  it('end when nobody waits for them any more, also in a pause', async () => {
    const url = await serve((_request, response) => response.writeHead(503, { 'retry-after': '100' }).end());
    const controller = new AbortController();
    const work = failureOf(connect(url).ping(controller.signal));
    setTimeout(() => {
      controller.abort();
    }, 50);
    expect((await work)[0]).toBe('aborted');
  });

  it('show nothing to another host, and go to no other for what a manifest is', async () => {
    const shown: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      shown.push(request.headers.authorization);
      response.end('blob');
    });
    const url = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      } else response.writeHead(307, { location: `${other}/elsewhere` }).end();
    });
    const digest = `sha256:${'a'.repeat(64)}` as Parameters<RegistryClient['getBlob']>[1];
    const { stream } = await connect(url, { credentials }).getBlob('team/app', digest);
    for await (const piece of stream) expect(String(piece)).toBe('blob');
    expect(shown).toEqual([undefined]);
  });

  it.each([
    ['0-19', 20],
    ['0-20', 20],
    ['0-0', 20],
    [undefined, 20],
    ['0-9', 10],
  ])('are believed to have brought 20 bytes unless a registry says less: %s', async (range, offset) => {
    const url = await serve((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(202, { location: '/v2/a/blobs/uploads/1', ...(range === undefined ? {} : { range }) }).end();
      });
    });
    const { uploads } = connect(url);
    const session = { repository: 'a', location: new URL(`${url}/v2/a/blobs/uploads/1`), offset: 0, shortestChunk: 0 };
    const body = Readable.from([Buffer.alloc(20)]);
    await uploads.start('a');
    expect(await uploads.patch(session, body, { length: 20, hasRange: true })).toMatchObject({ offset });
  });

  it('begin an upload where a registry does not like to be asked for a mount', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      if (request.url?.includes('?') === true) response.writeHead(405).end();
      else response.writeHead(202, { location: '/upload' }).end();
    });
    const digest = `sha256:${'a'.repeat(64)}` as Parameters<RegistryClient['getBlob']>[1];
    const { uploads } = connect(url);
    expect((await uploads.start('a', { mount: { digest } }))?.location.href).toBe(`${url}/upload`);
    expect(asked).toHaveLength(2);
  });

  it('take no manifest whose bytes are others, or too many', async () => {
    const url = await serve((request, response) => {
      if (request.url?.endsWith('/large') === true) response.end(Buffer.alloc(4_194_305));
      else response.writeHead(200, { 'docker-content-digest': `sha256:${'a'.repeat(64)}` }).end('{}');
    });
    expect((await failureOf(connect(url).getManifest('team/app', 'other')))[0]).toBe('digest-mismatch');
    expect((await failureOf(connect(url).getManifest('team/app', 'large')))[0]).toBe('too-large');
  });

  it('follow no list that turns in circles', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(200, { link: '</v2/_catalog?n=1000>; rel="next"' }).end('{"repositories":["a"]}'),
    );
    expect((await failureOf(collect(connect(url).catalog())))[0]).toBe('malformed');
  });

  it('send no password to a token service without TLS where the registry has it', async () => {
    const challenged = 'Bearer realm="http://127.0.0.1:1/token"';
    const { url, ca } = await serveTls((_request, response) =>
      response.writeHead(401, { 'www-authenticate': challenged }).end(),
    );
    expect((await failureOf(connect(url, { credentials, ca }).ping()))[0]).toBe('malformed');
  });

  it('trust the authority of the endpoint, or anybody where that is wished', async () => {
    const { url, ca } = await serveTls((_request, response) => response.end('{}'));
    expect((await failureOf(connect(url, { retry: { attempts: 1 } }).ping()))[0]).toBe('untrusted');
    await connect(url, { ca }).ping();
    await connect(url, { insecure: true }).ping();
  });
});

async function serveTls(handler: RequestListener): Promise<{ url: string; ca: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'haven-registry-client-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile],
  ]);
  const [key, ca] = await Promise.all([readFile(keyFile), readFile(certFile, 'utf8')]);
  await rm(folder, { recursive: true });
  return { url: `https://${await listen(createTlsServer({ key, cert: ca }, handler))}`, ca };
}
