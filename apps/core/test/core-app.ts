import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { ensureSigningKey, hashPassword, internalAuthorization, SecretBox } from '@haven/auth';
import type { RouteDescription } from '@haven/http';
import { Database, sql } from '@haven/models';
import { createLogger } from '@haven/observability';
import { createTestDatabase, setEnvironment, testRedisUrl, type TestDatabase } from '@haven/testing';
import type { SiteAnswer, SiteRequest } from '@haven/testing/oidc';
import { createCoreApp } from '../src/core-app.js';
import { ApiRecords } from './api-records.js';
import { violations } from './contract.js';
import { ConfigurationService } from '../src/configuration/configuration.service.js';

/** Name and password of somebody. */
export interface Credentials {
  username: string;
  password: string;
}

/** Somebody who was made for a test. */
export interface TestUser extends Credentials {
  userId: number;
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | number | undefined>>;
  /** What the JSON of the answer says; undefined when there is none. */
  body: unknown;
}

export interface CallOptions {
  /** Absent: nobody. */
  as?: Credentials | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

const secretKey = '0123456789abcdef'.repeat(4);
const internalSecret = 'internal-secret-of-the-tests';
export const admin: TestUser = { userId: 1, username: 'admin', password: 'Harbor12345' };
const password = 'Passw0rd-of-tests';

const basic = ({ username, password: secret }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;

/** The whole of core on a database of its own, spoken to by its API, and by SQL where the API has no way. */
export class CoreApp {
  private readonly records = new ApiRecords();

  private constructor(
    private readonly app: Awaited<ReturnType<typeof createCoreApp>>['app'],
    readonly db: Database,
    private readonly database: Pick<TestDatabase, 'settings' | 'drop'>,
  ) {}

  /** @param options `on`: another process beside that one, on its database; `env`: settings of its own */
  static async start({
    on,
    env = {},
  }: { on?: CoreApp; env?: Readonly<Record<string, string>> } = {}): Promise<CoreApp> {
    const database = on === undefined ? await createTestDatabase() : { ...on.database, drop: () => Promise.resolve() };
    const { settings } = database;
    const db = Database.connect(settings, { applicationName: 'haven-core-test', connections: 2 });
    if (on === undefined) {
      await db.run(sql('UPDATE harbor_user SET password = $1 WHERE user_id = 1', await hashPassword(admin.password)));
      await ensureSigningKey(db, new SecretBox(secretKey));
    }
    setEnvironment({
      HAVEN_LOG_LEVEL: 'fatal',
      HAVEN_DATABASE_HOST: settings.host,
      HAVEN_DATABASE_PORT: String(settings.port),
      HAVEN_DATABASE_NAME: settings.name,
      HAVEN_DATABASE_USER: settings.user,
      HAVEN_DATABASE_PASSWORD: settings.password,
      HAVEN_REDIS_URL: testRedisUrl(),
      HAVEN_INTERNAL_SECRET: internalSecret,
      HAVEN_SECRET_KEY: secretKey,
      HAVEN_REGISTRY_URL: 'http://127.0.0.1:1',
      HAVEN_CONFIG_OVERWRITE_JSON: '{}',
      HAVEN_CA_FILE: '',
      ...env,
    });
    const { app } = await createCoreApp(createLogger('core', 'fatal'));
    return new CoreApp(app, db, database);
  }

  /** Opens it to others. @returns where */
  listen(): Promise<string> {
    return this.app.fastify.listen({ host: '127.0.0.1', port: 0 });
  }

  /** A part of the application, for what no request sets off. */
  service<T>(type: Type<T>): T {
    return this.app.nest.get(type, { strict: false });
  }

  async stop(): Promise<void> {
    this.records.save();
    await this.app.close();
    await this.db.close();
    await this.database.drop();
  }

  /** Every route with the access it was declared with. */
  get routes(): readonly RouteDescription[] {
    return this.app.routes;
  }

  /** Calls core. @param path such as `/api/v2.0/projects?page=2` */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { as, body, headers = {} } = options;
    const response = await this.app.fastify.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(as === undefined ? {} : { authorization: basic(as) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const isJson = (response.headers['content-type'] ?? '').includes('json');
    const answer = {
      status: response.statusCode,
      headers: response.headers,
      body: isJson && response.body !== '' ? (JSON.parse(response.body) as unknown) : undefined,
    };
    this.records.note(method, path, answer.status);
    const wrong = violations(method, path, answer);
    if (wrong.length > 0) throw new Error(`${method} ${path} breaks the contract:\n  ${wrong.join('\n  ')}`);
    return answer;
  }

  /** Calls core where the answer is no JSON. @param path such as `/api/v2.0/…` */
  async raw(method: string, path: string, as?: Credentials): Promise<Omit<Answer, 'body'> & { text: string }> {
    const response = await this.app.fastify.inject({
      method: method as 'GET',
      url: path,
      headers: as === undefined ? {} : { authorization: basic(as) },
    });
    this.records.note(method, path, response.statusCode);
    return { status: response.statusCode, headers: response.headers, text: response.body };
  }

  /** Answers a browser, which says itself what it sends. */
  async visit(request: SiteRequest): Promise<SiteAnswer> {
    const { method, path, headers, body } = request;
    const response = await this.app.fastify.inject({
      ...{ method: method as 'GET', url: path, headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    this.records.note(method, path, response.statusCode);
    return { status: response.statusCode, headers: response.headers, body: response.body };
  }

  get(path: string, as?: Credentials, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.call('GET', `/api/v2.0${path}`, { as, ...(headers === undefined ? {} : { headers }) });
  }

  post(path: string, body: unknown, as?: Credentials): Promise<Answer> {
    return this.call('POST', `/api/v2.0${path}`, { as, body });
  }

  put(path: string, body: unknown, as?: Credentials): Promise<Answer> {
    return this.call('PUT', `/api/v2.0${path}`, { as, body });
  }

  delete(path: string, as?: Credentials): Promise<Answer> {
    return this.call('DELETE', `/api/v2.0${path}`, { as });
  }

  /** Headers of another Haven service. */
  get asService(): Readonly<Record<string, string>> {
    return { authorization: internalAuthorization(internalSecret) };
  }

  async createUser(username: string): Promise<TestUser> {
    const profile = { email: `${username}@example.com`, realname: username, comment: '' };
    const answer = await this.post('/users', { username, password, ...profile }, admin);
    return { username, password, userId: createdId(answer) };
  }

  /** @param isPublic false unless said otherwise @returns the id */
  async createProject(name: string, as: Credentials = admin, isPublic = false): Promise<number> {
    const body = { project_name: name, metadata: { public: String(isPublic) } };
    return createdId(await this.post('/projects', body, as));
  }

  /** @returns the id of the membership */
  async addMember(project: number | string, user: TestUser, roleId: number): Promise<number> {
    const body = { role_id: roleId, member_user: { user_id: user.userId } };
    return createdId(await this.post(`/projects/${project}/members`, body, admin));
  }

  /** Sets runtime settings, as the database holds them, and has core read them at once. */
  async configure(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, value] of Object.entries(values)) {
      await this.db.run(
        sql('INSERT INTO properties (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v', key, value),
      );
    }
    await this.app.nest.get(ConfigurationService, { strict: false }).refresh();
  }
}

/** The number at the end of an answer's Location. Fails when nothing was created. */
export function createdId(answer: Answer): number {
  if (answer.status !== 201) throw new Error(`not created: ${answer.status} ${JSON.stringify(answer.body)}`);
  return Number(String(answer.headers['location']).split('/').at(-1));
}
