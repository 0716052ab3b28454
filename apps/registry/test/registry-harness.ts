import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ensureSigningKey,
  loadSigningKey,
  SecretBox,
  signAccessToken,
  type SigningKey,
  type TokenAccess,
} from '@haven/auth';
import { Database, sql } from '@haven/models';
import { createLogger } from '@haven/observability';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { Agent, request, type Dispatcher } from 'undici';
import { createRegistryApp, type RegistryApp } from '../src/registry-app.js';
import { readRegistryConfig } from '../src/registry.config.js';
import { FakeCore } from './fake-core.js';

export const internalSecret = 'a secret between services';
const secretBox = new SecretBox('ab'.repeat(32));

const everything: readonly string[] = ['pull', 'push', 'delete'];

export type Driver = 'memory' | 'filesystem';

export interface Call {
  token?: string;
  basic?: string;
  headers?: Record<string, string>;
  body?: Dispatcher.DispatchOptions['body'];
}

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  bytes: Buffer;
  /** Code of the first error of the body. */
  errorCode: string | undefined;
  /** The body, as what the test takes it for. */
  json: () => unknown;
}

/** Polls until `read` gives something, for five seconds at most. */
export async function eventually<T>(read: () => T | Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > deadline) throw new Error(`not in time, last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
export const sha512 = (bytes: Buffer | string): string => `sha512:${createHash('sha512').update(bytes).digest('hex')}`;

/** A database and a fake core, on which registries are started. */
export class RegistryHarness {
  readonly core: FakeCore;
  readonly db: Database;
  private readonly running = new Set<TestRegistry>();
  private readonly folders: string[] = [];
  private readonly agent = new Agent({ connections: 64 });

  private constructor(
    private readonly testDatabase: TestDatabase,
    private readonly key: SigningKey,
    db: Database,
  ) {
    this.db = db;
    this.core = new FakeCore({ internalSecret, tokenFor: (username, scopes) => this.tokenOfUser(username, scopes) });
  }

  static async start(): Promise<RegistryHarness> {
    const testDatabase = await createTestDatabase();
    const db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 4 });
    await ensureSigningKey(db, secretBox);
    return new RegistryHarness(testDatabase, await loadSigningKey(db, secretBox), db);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running].map((registry) => registry.close()));
    await this.agent.close();
    await this.db.close();
    await this.testDatabase.drop();
    await Promise.all(this.folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** Makes a folder that goes with the harness. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-registry-'));
    this.folders.push(folder);
    return folder;
  }

  /** What a registry on this database is started with. */
  environment(driver: Driver, root: string): Record<string, string> {
    const { settings } = this.testDatabase;
    return {
      HAVEN_DATABASE_HOST: settings.host,
      HAVEN_DATABASE_PORT: String(settings.port),
      HAVEN_DATABASE_NAME: settings.name,
      HAVEN_DATABASE_USER: settings.user,
      HAVEN_DATABASE_PASSWORD: settings.password,
      HAVEN_INTERNAL_SECRET: internalSecret,
      HAVEN_REGISTRY_LISTEN: '127.0.0.1:0',
      HAVEN_STORAGE_DRIVER: driver,
      HAVEN_STORAGE_ROOT: root,
    };
  }

  /** Starts a registry on a port of its own. */
  async registry(driver: Driver, environment: Record<string, string> = {}): Promise<TestRegistry> {
    const config = readRegistryConfig({ ...this.environment(driver, await this.folder()), ...environment });
    const app = await createRegistryApp(config, createLogger('registry', 'silent'));
    await app.listen();
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const registry = new TestRegistry(app, `http://127.0.0.1:${port}`, config.storageRoot, this.agent, (stopped) =>
      this.running.delete(stopped),
    );
    this.running.add(registry);
    return registry;
  }

  /** Makes a project. @returns its id */
  async project(name: string, hardBytes = -1): Promise<number> {
    const { id } = await this.db.one<{ id: number }>(
      sql('INSERT INTO project (owner_id, name) VALUES (1, $1) RETURNING project_id AS id', name),
    );
    await this.db.run(sql('INSERT INTO quota (project_id, hard_bytes) VALUES ($1, $2)', id, hardBytes));
    await this.db.run(sql('INSERT INTO quota_usage (project_id) VALUES ($1)', id));
    return id;
  }

  async token(access: readonly TokenAccess[], username = 'alice', lifetimeSeconds = 600): Promise<string> {
    return (await signAccessToken(this.key, username, access, lifetimeSeconds)).token;
  }

  /** A token for these actions in the named repositories. */
  async tokenFor(repositories: readonly string[], actions = everything): Promise<string> {
    return this.token(await this.grants(repositories, actions));
  }

  async count(text: string, ...values: unknown[]): Promise<number> {
    return (await this.db.one<{ n: number }>(sql(`SELECT count(*)::int AS n FROM ${text}`, ...values))).n;
  }

  /** What a token says of the named repositories; nothing is allowed in projects that do not exist. */
  async grants(repositories: readonly string[], actions = everything): Promise<TokenAccess[]> {
    return Promise.all(
      repositories.map(async (name) => {
        const project = await this.db.maybe<{ id: number }>(
          sql('SELECT project_id AS id FROM project WHERE name = $1', name.split('/')[0]),
        );
        if (project === null) return { type: 'repository', name, actions: [] };
        return { type: 'repository', name, actions: [...actions], project_id: project.id };
      }),
    );
  }

  /** What the fake core allows: everything to alice, the catalog to admin, pulling to everyone else. */
  private async tokenOfUser(username: string, scopes: readonly string[]): Promise<string> {
    const names = scopes.filter((scope) => scope.startsWith('repository:')).map((scope) => scope.split(':')[1] ?? '');
    const actions = ['alice', 'admin'].includes(username) ? ['pull', 'push', 'delete'] : ['pull'];
    const catalog = { type: 'registry', name: 'catalog', actions: username === 'admin' ? ['*'] : [] };
    return this.token([...(await this.grants(names, actions)), catalog], username);
  }
}

/** Short ways to use a registry. */
export class RegistryClient {
  constructor(
    readonly url: string,
    private readonly agent: Agent,
  ) {}

  async call(method: string, path: string, { token, basic, headers, body }: Call = {}): Promise<Answer> {
    const authorization =
      token !== undefined
        ? { authorization: `Bearer ${token}` }
        : basic !== undefined
          ? { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }
          : {};
    const answer = await request(`${this.url}${path}`, {
      method: method,
      dispatcher: this.agent,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const json = (): unknown => JSON.parse(bytes.toString('utf8'));
    const isError = answer.statusCode >= 400 && bytes.length > 0;
    return {
      status: answer.statusCode,
      headers: answer.headers as Record<string, string | undefined>,
      bytes,
      json,
      errorCode: isError ? (json() as { errors?: { code: string }[] }).errors?.[0]?.code : undefined,
    };
  }

  /** Opens an upload. @returns its path */
  async startUpload(repository: string, token: string): Promise<string> {
    const { headers } = await this.call('POST', `/v2/${repository}/blobs/uploads/`, { token });
    return headers['location'] ?? '';
  }

  /** Pushes a blob the way Docker does. @returns its digest */
  async pushBlob(repository: string, token: string, bytes: Buffer | string): Promise<string> {
    const digest = sha256(bytes);
    const location = await this.startUpload(repository, token);
    await this.call('PATCH', location, { token, body: bytes });
    const { status } = await this.call('PUT', `${location}?digest=${digest}`, { token });
    if (status !== 201) throw new Error(`the blob was answered with ${status}`);
    return digest;
  }

  async pushManifest(repository: string, token: string, reference: string, manifest: Manifest): Promise<Answer> {
    return this.call('PUT', `/v2/${repository}/manifests/${reference}`, {
      token,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.text,
    });
  }

  /** Pushes an image of one layer under a tag. */
  async pushImage(repository: string, token: string, tag: string, layer: string): Promise<Manifest> {
    const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Env: ['A=b'] } });
    const digests = [await this.pushBlob(repository, token, config), await this.pushBlob(repository, token, layer)];
    const manifest = imageManifest({ digest: digests[0]!, size: config.length }, [
      { digest: digests[1]!, size: layer.length },
    ]);
    const { status } = await this.pushManifest(repository, token, tag, manifest);
    if (status !== 201) throw new Error(`the manifest was answered with ${status}`);
    return manifest;
  }
}

/** A registry that runs in this process. */
export class TestRegistry extends RegistryClient {
  constructor(
    readonly app: RegistryApp,
    url: string,
    readonly root: string,
    agent: Agent,
    private readonly onStop: (stopped: TestRegistry) => void,
  ) {
    super(url, agent);
  }

  async close(): Promise<void> {
    this.onStop(this);
    await this.app.close();
  }
}

export interface Manifest {
  mediaType: string;
  text: string;
  digest: string;
}

interface Part {
  digest: string;
  size: number;
}

const manifestOf = (document: { mediaType: string } & Record<string, unknown>): Manifest => {
  const text = JSON.stringify(document);
  return { mediaType: document.mediaType, text, digest: sha256(text) };
};

export const imageManifest = (config: Part, layers: readonly Part[], more: object = {}): Manifest =>
  manifestOf({
    ...{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })),
    ...more,
  });

export const indexOf = (children: readonly Manifest[]): Manifest =>
  manifestOf({
    ...{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json' },
    ...{ manifests: children.map(({ mediaType, digest, text }) => ({ mediaType, digest, size: text.length })) },
  });

export const randomText = (): string => randomBytes(24).toString('hex');
