import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { Database, sql, type DatabaseSettings } from '../src/index.js';

const run = promisify(execFile);
let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haven-database-tls-'));
  await makeCertificate('server', 'DNS:localhost');
  await makeCertificate('other', 'DNS:localhost');
  const secureContext = createSecureContext({
    key: await readFile(join(folder, 'server.key')),
    cert: await readFile(join(folder, 'server.crt')),
  });
  server = createServer((socket) => {
    answer(socket, secureContext);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('a connection to PostgreSQL', () => {
  const told = { encrypted: /you came by TLS/, plain: /you came without TLS/ };

  it('is not encrypted unless it is asked for', async () => {
    await expect(connect({})).rejects.toThrow(told.plain);
  });

  it('is encrypted, whoever is there, by require', async () => {
    await expect(connect({ tls: 'require' })).rejects.toThrow(told.encrypted);
  });

  it.each(['verify-ca', 'verify-full'] as const)('wants a certificate of an authority it knows, by %s', async (tls) => {
    await expect(connect({ tls })).rejects.toThrow(/self-signed certificate/);
    await expect(connect({ tls, caFile: join(folder, 'other.crt') })).rejects.toThrow(/certificate/);
    await expect(connect({ tls, caFile: join(folder, 'server.crt') })).rejects.toThrow(told.encrypted);
  });

  it('wants a certificate for the host that it goes to by verify-full only', async () => {
    const host = (server.address() as AddressInfo).address;
    const caFile = join(folder, 'server.crt');
    await expect(connect({ tls: 'verify-full', host, caFile })).rejects.toThrow(/does not match certificate/);
    await expect(connect({ tls: 'verify-ca', host, caFile })).rejects.toThrow(told.encrypted);
  });
});

/** Speaks as much of PostgreSQL's protocol as comes before a log-in, and turns everybody down. */
function answer(socket: Socket, secureContext: SecureContext): void {
  socket.on('error', () => undefined);
  socket.once('data', (message: Buffer) => {
    const isTlsWanted = message.length === 8 && message.readUInt32BE(4) === 80_877_103;
    if (!isTlsWanted) {
      socket.end(refusal('you came without TLS'));
      return;
    }
    socket.write('S');
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on('error', () => undefined);
    secure.once('data', () => secure.end(refusal('you came by TLS')));
  });
}

function refusal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C28000\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

async function connect(wishes: Partial<DatabaseSettings>): Promise<unknown> {
  const { port } = server.address() as AddressInfo;
  const settings = { host: 'localhost', port, name: 'registry', user: 'haven', password: 'none', ...wishes };
  const db = Database.connect(settings, { applicationName: 'test', connections: 1 });
  try {
    return await db.one(sql('SELECT 1'));
  } finally {
    await db.close();
  }
}

async function makeCertificate(name: string, alternative: string): Promise<void> {
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`];
  await run('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files]);
}
