import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { basic, RegistryClient, send, type Answer } from '@haven/testing/oci';
import pg from 'pg';
import { mustRun } from './command.ts';
import { pidOf } from './processes.ts';

const haven = join(import.meta.dirname, '../../haven');
const admin = { username: 'admin', password: 'Harbor12345' };
const timeoutMs = 180_000;
/** What else the caller's environment says of another platform does not hold for this one. */
const env = { HAVEN_ADMIN_PASSWORD: admin.password, HAVEN_LISTEN: '', HAVEN_TLS: '', HAVEN_EXTERNAL_URL: '' };

/** A platform that the test may do anything to. */
export class OwnPlatform {
  readonly admin = admin;
  readonly adminCredential = { type: 'basic', access_key: admin.username, access_secret: admin.password };

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /**
   * Starts it, in a folder that the service user may pass through.
   * @param settings of its own, in its environment
   * @param folder to be made, or taken up again; without one, a new one
   */
  static async start(settings: Readonly<Record<string, string>> = {}, folder?: string): Promise<OwnPlatform> {
    folder ??= await mkdtemp(join(tmpdir(), 'haven-own-'));
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    const platform = new OwnPlatform(folder, await freePort(), settings);
    await platform.up();
    return platform;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Starts whatever does not run. */
  async up(): Promise<void> {
    const args = ['up', '--data', this.data, '--port', String(this.port)];
    await mustRun(haven, args, { env: { ...env, ...this.settings }, timeoutMs });
  }

  async down(): Promise<void> {
    await mustRun(haven, ['down', '--data', this.data], { timeoutMs });
  }

  async remove(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  async kill(part: string): Promise<void> {
    process.kill(await pidOf(this.data, part), 'SIGKILL');
  }

  client(): RegistryClient {
    return new RegistryClient(this.url, admin);
  }

  async newProject(name: string): Promise<void> {
    (await this.api('POST', '/projects', { project_name: name })).expect(201);
  }

  /** What the API says that a project is charged for, in bytes. */
  async usedBytes(project: string): Promise<number> {
    const summary = (await this.api('GET', `/projects/${project}/summary`)).expect(200).json();
    return (summary as { quota: { used: { storage: number } } }).quota.used.storage;
  }

  /** Whether all that a push needs answers again. */
  async isUp(): Promise<boolean> {
    try {
      const isRegistryUp = (await this.client().request('GET', '/v2/')).status === 200;
      return isRegistryUp && (await this.api('GET', '/projects?page_size=1')).status === 200;
    } catch {
      return false;
    }
  }

  async secret(name: string): Promise<string> {
    return (await readFile(join(this.data, 'secrets', name), 'utf8')).trim();
  }

  async portOf(part: string): Promise<number> {
    const ports = JSON.parse(await readFile(join(this.data, 'run/ports.json'), 'utf8')) as Record<string, number>;
    return ports[part] ?? 0;
  }

  /** Runs queries on a connection of their own. */
  async withDatabase<T>(work: (database: pg.Client) => Promise<T>): Promise<T> {
    const database = new pg.Client({
      host: '127.0.0.1',
      port: await this.portOf('postgres'),
      user: 'haven',
      password: await this.secret('database-password'),
      database: 'registry',
    });
    await database.connect();
    try {
      return await work(database);
    } finally {
      await database.end();
    }
  }

  /** Purges what unfinished pushes have left, however young, with the environment that the registry runs in. */
  async purge(): Promise<Record<string, number | string>> {
    const process = `/proc/${await pidOf(this.data, 'registry')}`;
    const [program = '', script = ''] = (await readFile(join(process, 'cmdline'), 'utf8')).split('\0');
    const lines = (await readFile(join(process, 'environ'), 'utf8')).split('\0').filter((line) => line.includes('='));
    const env = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const args = [join(dirname(script), 'command.js'), 'purge', '--older-than', '0'];
    return JSON.parse(await mustRun(program, args, { env, timeoutMs })) as Record<string, number | string>;
  }

  /** Calls `/api/v2.0` as the administrator. */
  api(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: basic(admin.username, admin.password), 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return send(method, `${this.url}/api/v2.0${path}`, { headers, ...sent });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
