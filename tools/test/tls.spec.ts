import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareDataFolder, type DataFolder } from '../src/data-folder.ts';
import { nginxPart } from '../src/nginx.part.ts';
import { findOwner, type Owner } from '../src/owner.ts';
import { pickFree } from '../src/ports.ts';
import { ensureRunning, stop } from '../src/supervisor.ts';
import { ensureTls, type TlsFiles } from '../src/tls.ts';

const templates = resolve(import.meta.dirname, '../../deploy/nginx');

interface Answer {
  status: number | undefined;
  headers: Record<string, unknown>;
}

const ask = (send: typeof requestHttp, options: RequestOptions): Promise<Answer> =>
  new Promise((done, failed) => {
    const asked = send({ agent: false, ...options }, (response) => {
      response.resume();
      done({ status: response.statusCode, headers: response.headers });
    });
    asked.once('error', failed).end();
  });

describe('the front door with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'haven-tls-'));
  let owner: Owner;
  let data: DataFolder;
  let files: TlsFiles;
  let port: number;
  let tlsPort: number;

  const makeFiles = (host: string): Promise<TlsFiles> =>
    ensureTls({ port: tlsPort, own: undefined }, host, data, owner);
  const https = (host: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(request, { host, port: tlsPort, path: '/', headers, ca: readFileSync(files.authority ?? '') });

  beforeAll(async () => {
    chmodSync(folder, 0o755); // As root, nginx runs as the service user, who passes through.
    owner = await findOwner();
    data = await prepareDataFolder(join(folder, 'data'), owner);
    [port, tlsPort] = [await pickFree([]), await pickFree([])];
    files = await makeFiles('registry.example');
    const front = {
      port,
      tls: { port: tlsPort, files },
      listen: ['127.0.0.1'],
      externalUrl: `https://localhost:${tlsPort}`,
      ports: { postgres: 1, redis: 1, core: 1, registry: 1 },
      templates,
    };
    await ensureRunning(nginxPart(front, data, owner), data, owner);
  });

  afterAll(async () => {
    await stop(data, 'nginx');
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows a certificate for this machine that its authority vouches for', async () => {
    expect((await https('127.0.0.1')).status).toBe(200);
    expect((await https('localhost')).status).toBe(200);
    await expect(ask(request, { host: '127.0.0.1', port: tlsPort, path: '/' })).rejects.toThrow('certificate');
  });

  it('keeps its certificate, and makes a new one for a new name, under the same authority', async () => {
    const before = readFileSync(files.certificate, 'utf8');
    const authority = readFileSync(files.authority ?? '', 'utf8');
    await makeFiles('registry.example');
    expect(readFileSync(files.certificate, 'utf8')).toBe(before);
    await makeFiles('10.1.2.3');
    expect(readFileSync(files.certificate, 'utf8')).not.toBe(before);
    expect(readFileSync(files.authority ?? '', 'utf8')).toBe(authority);
  });

  it('lets only the service user read the key', () => {
    const { mode, uid } = statSync(files.key);
    expect([mode & 0o777, uid]).toEqual([0o600, owner.uid]);
  });

  it('sends HTTP to HTTPS, on either port, with the URI as it was', async () => {
    const path = '/api/v2.0/projects/a%252Fb?q=1';
    const location = `https://127.0.0.1:${tlsPort}${path}`;
    for (const plain of [port, tlsPort]) {
      const answer = await ask(requestHttp, { host: '127.0.0.1', port: plain, path });
      expect(answer).toMatchObject({ status: 308, headers: { location } });
    }
  });

  it('asks browsers to stay with HTTPS, but not for localhost', async () => {
    expect((await https('127.0.0.1')).headers['strict-transport-security']).toBe('max-age=31536000');
    expect((await https('localhost', { Host: `localhost:${tlsPort}` })).headers).not.toHaveProperty(
      'strict-transport-security',
    );
  });
});
