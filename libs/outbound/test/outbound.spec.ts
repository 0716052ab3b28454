import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { OutboundClient, OutboundError, type OutboundRequest, type Reach } from '../src/index.js';

const open: { close(): unknown }[] = [];
const client = (reach: Reach = 'loopback', ca = '') => {
  const made = new OutboundClient({ reach, ca });
  open.push(made);
  return made;
};

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const serve = async (handler: RequestListener) => `http://${await listen(createServer(handler))}`;

/** Why a request came to nothing; undefined when it did not. */
async function reasonOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof OutboundError) return error.reason;
    throw error;
  }
}

afterAll(() => Promise.all(open.map((one) => one.close())));

describe('an answer', () => {
  it('tells status and headers, and is read as bytes, text or JSON', async () => {
    const base = await serve((request, response) => {
      response.writeHead(201, { 'x-method': request.method, 'set-cookie': ['a=1', 'b=2'] }).end('{"a":"ä"}');
    });
    const response = await client().request(base, { method: 'DELETE' });
    expect([response.status, response.header('x-method'), response.header('set-cookie')]).toEqual([
      201,
      'DELETE',
      'a=1, b=2',
    ]);
    expect(await response.json()).toEqual({ a: 'ä' });
  });

  it('takes a stream, and gives one', async () => {
    const base = await serve((request, response) => request.pipe(response));
    const body = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536, 7)));
    const response = await client().request(base, { method: 'PUT', body, totalMs: Infinity });
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) size += chunk.length;
    expect(size).toBe(64 * 65_536);
  });

  it('is no more than whoever asked is ready to take', async () => {
    const base = await serve((_request, response) => response.end('x'.repeat(1_001)));
    expect(await reasonOf((await client().request(base)).text(1_000))).toBe('too-large');
    expect((await (await client().request(base)).text(1_001)).length).toBe(1_001);
  });

  it('that is no JSON is told of as such', async () => {
    const base = await serve((_request, response) => response.end('<html>'));
    expect(await reasonOf((await client().request(base)).json())).toBe('malformed');
  });
});

describe('a request comes to nothing', () => {
  it.each(['', 'after its headers'])('when the server is silent %s', async (when) => {
    const base = await serve((_request, response) => {
      if (when !== '') response.writeHead(200).write('x');
    });
    const ask = async (limits: OutboundRequest) => (await client().request(base, limits)).text();
    expect(await reasonOf(ask({ idleMs: 50 }))).toBe('timeout');
    expect(await reasonOf(ask({ totalMs: 50 }))).toBe('timeout');
  });

  it('when whoever asked waits no longer', async () => {
    const base = await serve((_request, response) => response.writeHead(200).write('x'));
    const controller = new AbortController();
    const response = await client().request(base, { signal: controller.signal });
    const reading = reasonOf(response.text());
    controller.abort();
    expect(await reading).toBe('aborted');
    expect(await reasonOf(client().request(base, { signal: AbortSignal.abort() }))).toBe('aborted');
  });

  it('when nobody is there', async () => {
    expect(await reasonOf(client().request('http://127.0.0.1:1/'))).toBe('unreachable');
    expect(await reasonOf(client().request('http://nowhere.invalid/'))).toBe('unresolved');
  });

  it('and tells neither path nor query of it', async () => {
    const message = await client()
      .request('http://127.0.0.1:1/secret?token=secret', { headers: { authorization: 'secret' } })
      .catch(String);
    expect(message).toBe('OutboundError: http://127.0.0.1:1 cannot be reached');
  });
});

describe('the reach', () => {
  it.each([
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', '0177.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost'],
    ...['[64:ff9b::7f00:1]', '0', '169.254.169.254', '[fe80::1]', '224.0.0.1'],
  ])('keeps requests away from %s', async (host) => {
    let asked = 0;
    const base = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const url = base.replace('127.0.0.1', host);
    expect(await reasonOf(client('private').request(url))).toBe('forbidden');
    expect(asked).toBe(0);
  });

  it.each(['169.254.169.254', '[::ffff:169.254.169.254]', '0.0.0.0'])('never comes to %s', async (host) => {
    expect(await reasonOf(client('loopback').request(`http://${host}/`))).toBe('forbidden');
  });

  it('holds for every hop', async () => {
    const base = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    expect(await reasonOf(client().request(base))).toBe('forbidden');
  });

  it('holds for what a name resolves to, each time', async () => {
    const base = await serve((_request, response) => response.end('here'));
    const url = base.replace('127.0.0.1', 'localhost');
    expect(await (await client('loopback').request(url)).text()).toBe('here');
    expect(await reasonOf(client('public').request(url))).toBe('forbidden');
  });
});

describe('redirects', () => {
  it('are followed, and another origin is told no secrets', async () => {
    const other = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const base = await serve((request, response) =>
      response.writeHead(307, { location: request.url === '/' ? '/again' : `${other}/there` }).end(),
    );
    const headers = { authorization: 'Bearer x', cookie: 'a=b', 'x-token': 'y', accept: 'text/plain' };
    const response = await client().request(base, { headers });
    const told = (await response.json()) as object;
    expect(response.url.href).toBe(`${other}/there`);
    expect(told).toMatchObject({ accept: 'text/plain' });
    for (const name of ['authorization', 'cookie', 'x-token']) expect(told).not.toHaveProperty(name);
  });

  it('are not followed for ever', async () => {
    let asked = 0;
    const base = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/' }).end();
    });
    expect(await reasonOf(client().request(base))).toBe('redirect');
    expect(asked).toBe(6);
  });

  it('are handed back where that is asked for', async () => {
    const base = await serve((_request, response) => response.writeHead(302, { location: '/x' }).end());
    expect(await client().request(base, { maxRedirects: 0 })).toMatchObject({ status: 302 });
  });
});

describe('certificates', () => {
  let folder: string;
  let url: string;
  let ca: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haven-outbound-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', keyFile, '-out', certFile];
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...subject,
      ...files,
    ]);
    ca = await readFile(certFile, 'utf8');
    const server = createTlsServer({ key: await readFile(keyFile), cert: ca }, (_request, response) => {
      response.end('safe');
    });
    url = `https://${await listen(server)}`;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('of authorities that nobody has named are refused', async () => {
    expect(await reasonOf(client().request(url))).toBe('certificate');
  });

  it('of our own authority are trusted, for one request or for all', async () => {
    expect(await (await client().request(url, { ca })).text()).toBe('safe');
    expect(await (await client('loopback', ca).request(url)).text()).toBe('safe');
  });

  it('are not looked at where that is asked for, and only there', async () => {
    const one = client();
    expect(await (await one.request(url, { verifyCertificate: false })).text()).toBe('safe');
    expect(await reasonOf(one.request(url))).toBe('certificate');
  });
});
