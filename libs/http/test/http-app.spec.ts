import type { Principal, UserPrincipal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { Metrics } from '@haven/observability';
import { Body, Controller, Delete, Get, Head, HttpCode, Module, Post, Req, type Type } from '@nestjs/common';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { FastifyReply, FastifyRequest, InjectOptions } from 'fastify';
import { z } from 'zod';
import {
  AccessService,
  authenticated,
  createHttpApp,
  CurrentPrincipal,
  CurrentProject,
  CurrentRoles,
  IdParam,
  inProject,
  inSystem,
  internal,
  JsonBody,
  Listing,
  open,
  Operation,
  PROJECT_DIRECTORY,
  Reply,
  RepositoryName,
  selfOrSystem,
  sendCreated,
  sendPage,
  systemAdmin,
  type ErrorLog,
  type HttpApp,
  type ListQuery,
  type ProjectDirectory,
  type ProjectIdentity,
} from '../src/index.js';

const projects: ProjectIdentity[] = [
  { projectId: 1, name: 'library', isPublic: true },
  { projectId: 2, name: 'secret', isPublic: false },
  { projectId: 3, name: '42', isPublic: false },
];

const directory: ProjectDirectory = {
  findProject: (key) =>
    Promise.resolve(
      projects.find((project) => ('id' in key ? project.projectId === key.id : project.name === key.name)) ?? null,
    ),
  rolesOf: (principal, projectId) =>
    Promise.resolve(principal.kind === 'user' && principal.userId === 7 && projectId !== 1 ? [3] : []),
};

const user = (userId: number, isSystemAdmin = false): UserPrincipal => ({
  kind: 'user',
  userId,
  username: `user${userId}`,
  isSystemAdmin,
  isAdminInAuth: false,
  groupIds: [],
  hasSession: false,
});

const people: Record<string, Principal> = {
  guest: user(7),
  stranger: user(8),
  admin: user(1, true),
  service: { kind: 'service', username: 'harbor-service' },
  robot: {
    kind: 'robot',
    robotId: 1,
    username: 'robot$secret+ci',
    grants: [
      { kind: 'project', namespace: 'secret', resource: 'repository', action: 'push' },
      { kind: 'project', namespace: 'secret', resource: 'project', action: 'read' },
      { kind: 'system', namespace: '/', resource: 'user', action: 'list' },
    ],
  },
};

const thing = z.object({ name: z.string().min(1).max(10), public: z.boolean().optional() });

let release: () => void = () => undefined;
const held = { started: false };

@Controller('api/v2.0')
class ThingController {
  @Get('ping')
  @Operation('ping', open())
  ping(): string {
    return 'Pong';
  }

  @Get('ip')
  @Operation('ip', open())
  ip(@Req() request: FastifyRequest): string {
    return request.ip;
  }

  @Get('slow')
  @Operation('slow', open())
  async slow(): Promise<string> {
    held.started = true;
    await new Promise<void>((resolve) => (release = resolve));
    return 'done';
  }

  @Get('boom')
  @Operation('boom', open())
  boom(): never {
    throw new Error('password is hunter2');
  }

  @Get('busy')
  @Operation('busy', open())
  busy(): never {
    throw Errors.unavailable('try later', { headers: { 'Retry-After': '2' } });
  }

  @Post('login')
  @HttpCode(200)
  @Operation('login', open(), { body: 'form' })
  login(@Body() body: unknown): unknown {
    return body;
  }

  @Get('things')
  @Operation('listThings', authenticated())
  list(@Listing() query: ListQuery, @Reply() reply: FastifyReply): readonly number[] {
    return sendPage(reply, { items: [1, 2], total: 25 }, query);
  }

  @Post('things')
  @Operation('createThing', open())
  create(@JsonBody(thing) body: z.infer<typeof thing>, @Reply() reply: FastifyReply): void {
    sendCreated(reply, body.name);
  }

  @Delete('things/:thing_id')
  @Operation('deleteThing', inSystem('label', 'delete'))
  remove(@IdParam('thing_id') id: number): { id: number } {
    return { id };
  }

  @Head('things')
  @Operation('headThings', open())
  head(): void {
    throw Errors.notFound();
  }

  @Get('users')
  @Operation('listUsers', inSystem('user', 'list'))
  users(): [] {
    return [];
  }

  @Get('users/current')
  @Operation('getCurrentUser', authenticated())
  current(@CurrentPrincipal() principal: Principal): { username: string } {
    return { username: principal.username };
  }

  @Get('users/:user_id')
  @Operation('getUser', selfOrSystem('user', 'read'))
  user(@IdParam('user_id') id: number): { id: number } {
    return { id };
  }

  @Get('settings')
  @Operation('getSettings', systemAdmin())
  settings(): object {
    return {};
  }

  @Get('internalconfig')
  @Operation('getInternalconfig', internal())
  internal(): object {
    return {};
  }

  @Get('projects/:project_name_or_id')
  @Operation('getProject', inProject('self', 'read'))
  project(@CurrentProject() project: ProjectIdentity, @CurrentRoles() roles: number[]): object {
    return { ...project, roles };
  }

  @Get('projects/:project_name/logs')
  @Operation('getLogs', inProject('log', 'list'))
  logs(): [] {
    return [];
  }

  @Get('projects/:project_name/repositories')
  @Operation('listRepositories', inProject('repository', 'list'))
  repositories(@CurrentProject() project: ProjectIdentity): object {
    return project;
  }

  @Get('projects/:project_name/repositories/:repository_name')
  @Operation('getRepository', inProject('repository', 'read'))
  repository(@RepositoryName() name: string): object {
    return { name };
  }
}

@Module({
  controllers: [ThingController],
  providers: [AccessService, Metrics, { provide: PROJECT_DIRECTORY, useValue: directory }],
})
class ThingModule {}

interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

const lines: LogLine[] = [];
const line =
  (level: string) =>
  (fields: Record<string, unknown>, message: string): void => {
    if (level !== 'debug') lines.push({ level, message, fields });
  };
const log: ErrorLog = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };

const health = { healthy: true };

/** Waits for something that happens soon. */
async function until(happened: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !happened(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
}

const createApp = (module: Type = ThingModule): Promise<HttpApp> =>
  createHttpApp(module, {
    log,
    graceMs: 5_000,
    configure: (_app, fastify) => {
      fastify.addHook('onRequest', (request, _reply, done) => {
        request.principal = people[String(request.headers['x-test-as'])] ?? request.principal;
        done();
      });
    },
    readiness: () => [
      {
        name: 'database',
        check: () => (health.healthy ? Promise.resolve() : Promise.reject(new Error('10.0.0.5 refused'))),
      },
    ],
  });

let app: HttpApp;

const send = (method: InjectOptions['method'], url: string, options: InjectOptions & { as?: string } = {}) => {
  const { as = 'nobody', headers, ...rest } = options;
  return app.fastify.inject({ method: method!, url, headers: { 'x-test-as': as, ...headers }, ...rest });
};
const get = (url: string, as?: string, headers: Record<string, string> = {}) =>
  send('GET', `/api/v2.0${url}`, { headers, ...(as === undefined ? {} : { as }) });
const post = (url: string, payload: string, type: string | null = 'application/json') =>
  send('POST', `/api/v2.0${url}`, { payload, headers: type === null ? {} : { 'content-type': type } });

const codeOf = (response: { body: string }): string =>
  (JSON.parse(response.body) as { errors: { code: string }[] }).errors[0]!.code;

beforeAll(async () => {
  app = await createApp();
});

afterAll(async () => {
  await app.close();
});

describe('access', () => {
  const missing = 'project nowhere not found';
  it.each([
    // who, path, status
    ['nobody', '/ping', 200],
    ['nobody', '/things', 401],
    ['stranger', '/things', 200],
    ['robot', '/things', 200],
    ['nobody', '/users', 401],
    ['stranger', '/users', 403],
    ['robot', '/users', 200],
    ['admin', '/users', 200],
    ['nobody', '/settings', 401],
    ['stranger', '/settings', 403],
    ['robot', '/settings', 403],
    ['admin', '/settings', 200],
    ['nobody', '/internalconfig', 401],
    ['admin', '/internalconfig', 403],
    ['service', '/internalconfig', 200],
    ['nobody', '/users/8', 401],
    ['stranger', '/users/8', 200],
    ['stranger', '/users/7', 403],
    ['stranger', '/users/08', 403],
    ['admin', '/users/7', 200],
    ['admin', '/users/seven', 422],
    // a public project
    ['nobody', '/projects/library', 200],
    ['nobody', '/projects/1', 200],
    ['nobody', '/projects/library/repositories', 200],
    ['nobody', '/projects/library/repositories/a', 401],
    ['stranger', '/projects/library/repositories/a', 403],
    ['nobody', '/projects/library/logs', 401],
    // a private one
    ['nobody', '/projects/secret', 401],
    ['stranger', '/projects/secret', 403],
    ['guest', '/projects/secret', 200],
    ['guest', '/projects/2', 200],
    ['guest', '/projects/secret/logs', 403],
    ['robot', '/projects/secret', 200],
    ['robot', '/projects/secret/repositories', 403],
    ['service', '/projects/secret/logs', 200],
    ['admin', '/projects/secret/logs', 200],
    // none
    ['nobody', '/projects/nowhere', 401],
    ['stranger', '/projects/nowhere', 403],
    ['robot', '/projects/nowhere', 403],
    ['admin', '/projects/nowhere', 404],
    ['service', '/projects/nowhere', 404],
  ])('%s %s %d', async (as, path, status) => {
    const response = await get(path, as);
    expect(response.statusCode).toBe(status);
    if (status === 404) expect(response.json()).toMatchObject({ errors: [{ code: 'NOT_FOUND', message: missing }] });
    if (status === 401) expect(codeOf(response)).toBe('UNAUTHORIZED');
    if (status === 403) expect(codeOf(response)).toBe('FORBIDDEN');
  });

  it('reads digits as an id unless told otherwise', async () => {
    expect((await get('/projects/42', 'admin')).statusCode).toBe(404);
    expect((await get('/projects/42', 'admin', { 'x-is-resource-name': 'true' })).json()).toMatchObject({
      projectId: 3,
    });
    expect((await get('/projects/42/repositories', 'admin')).json()).toMatchObject({ projectId: 3 });
    expect((await get('/projects/99999999999999999999', 'admin')).statusCode).toBe(404);
  });

  it('hands the project and the roles to the controller', async () => {
    expect((await get('/projects/secret', 'guest')).json()).toEqual({ ...projects[1], roles: [3] });
    expect((await get('/users/current', 'robot')).json()).toEqual({ username: 'robot$secret+ci' });
  });

  it('unescapes repository names twice', async () => {
    const nameOf = async (escaped: string): Promise<unknown> =>
      (await get(`/projects/secret/repositories/${escaped}`, 'guest')).json();
    expect(await nameOf('a%252Fb')).toEqual({ name: 'a/b' });
    expect(await nameOf('a%2Fb')).toEqual({ name: 'a/b' });
    expect((await get('/projects/secret/repositories/a%25zz', 'guest')).statusCode).toBe(400);
    expect((await get('/projects/secret/repositories/a%2500', 'guest')).statusCode).toBe(400);
    expect(await nameOf('a'.repeat(255))).toEqual({ name: 'a'.repeat(255) });
  });
});

describe('errors', () => {
  const cases: [string, () => ReturnType<typeof get>, number, string][] = [
    ['an unknown path', () => get('/nowhere'), 404, 'NOT_FOUND'],
    ['an unknown path with a bad body', () => post('/nowhere', '{'), 404, 'NOT_FOUND'],
    ['an unknown method', () => send('PATCH', '/api/v2.0/things/1'), 405, 'METHOD_NOT_ALLOWED'],
    ['a malformed path', () => get('/%zz'), 400, 'BAD_REQUEST'],
    ['a malformed path below a parameter', () => get('/projects/%zz'), 400, 'BAD_REQUEST'],
    ['bytes that are no UTF-8', () => get('/projects/%ff'), 400, 'BAD_REQUEST'],
    ['a malformed query', () => get('/ping?q=%zz'), 400, 'BAD_REQUEST'],
    ['a NUL in the path', () => get('/projects/a%00', 'admin'), 400, 'BAD_REQUEST'],
    ['a parameter beyond all limits', () => get(`/projects/${'a'.repeat(5000)}`), 400, 'BAD_REQUEST'],
    ['malformed JSON', () => post('/things', '{"name":'), 400, 'BAD_REQUEST'],
    ['a poisoned prototype', () => post('/things', '{"__proto__":{"a":1}}'), 400, 'BAD_REQUEST'],
    ['a NUL in the body', () => post('/things', '{"name":"a\\u0000"}'), 400, 'BAD_REQUEST'],
    ['a wrong JSON type', () => post('/things', '{"name":1}'), 400, 'BAD_REQUEST'],
    ['a missing field', () => post('/things', '{}'), 422, 'UNPROCESSABLE_ENTITY'],
    ['a broken rule', () => post('/things', '{"name":"far too long a name"}'), 422, 'UNPROCESSABLE_ENTITY'],
    ['no body', () => send('POST', '/api/v2.0/things'), 422, 'UNPROCESSABLE_ENTITY'],
    ['an empty body said to be JSON', () => post('/things', ''), 422, 'UNPROCESSABLE_ENTITY'],
    ['text', () => post('/things', 'name', 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no type at all', () => post('/things', '{"name":"a"}', null), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a type that is none', () => post('/things', '{}', 'nonsense'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form where JSON is due',
      () => post('/things', 'name=a', 'application/x-www-form-urlencoded'),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['half a character in the body', () => post('/things', '{"name":"\\ud800"}'), 400, 'BAD_REQUEST'],
    ['a large body', () => post('/things', `"${'a'.repeat(1024 * 1024)}"`), 413, 'REQUEST_ENTITY_TOO_LARGE'],
    ['a page that is too large', () => get('/things?page_size=101', 'guest'), 422, 'UNPROCESSABLE_ENTITY'],
    ['a bad q', () => get('/things?q=nonsense', 'guest'), 400, 'BAD_REQUEST'],
    ['a crash', () => get('/boom'), 500, 'UNKNOWN'],
    ['a busy database', () => get('/busy'), 503, 'UNAVAILABLE'],
  ];

  it.each(cases)('%s', async (_title, request, status, code) => {
    const response = await request();
    expect({ status: response.statusCode, code: codeOf(response) }).toEqual({ status, code });
    expect(response.headers['content-type']).toBe('application/json');
    const requestId = response.headers['x-request-id'];
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.body.endsWith(`}],"request_id":"${String(requestId)}"}\n`)).toBe(true);
  });

  it('name the field, the allowed methods and when to come back', async () => {
    expect((await post('/things', '{}')).body).toContain('name in body: is required');
    expect((await send('PATCH', '/api/v2.0/things/')).headers.allow).toBe('GET, POST, HEAD');
    expect((await get('/busy')).headers['retry-after']).toBe('2');
  });

  it('keep the cause inside, and log it once', async () => {
    lines.length = 0;
    const response = await get('/boom', 'guest', { 'x-request-id': 'my-id' });
    expect(response.body).toBe(
      '{"errors":[{"code":"UNKNOWN","message":"internal server error (request id my-id)"}],"request_id":"my-id"}\n',
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'error',
      message: 'request failed',
      fields: { requestId: 'my-id', route: '/api/v2.0/boom', err: { message: 'password is hunter2' } },
    });
  });

  it('say nothing of the query, which may hold secrets, in the log', async () => {
    lines.length = 0;
    await get('/things?token=hunter2');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

describe('requests and replies', () => {
  it('take an empty body of any type for none', async () => {
    const remove = (type: string) =>
      send('DELETE', '/api/v2.0/things/5', { as: 'admin', payload: '', headers: { 'content-type': type } });
    expect((await remove('application/json')).json()).toEqual({ id: 5 });
    expect((await remove('application/x-www-form-urlencoded')).json()).toEqual({ id: 5 });
    expect((await remove('text/plain')).json()).toEqual({ id: 5 });
  });

  it('take a form where one is asked for', async () => {
    const response = await post('/login', 'principal=a%2Bb&password=c+d', 'application/x-www-form-urlencoded');
    expect(response.json()).toEqual({ principal: 'a+b', password: 'c d' });
  });

  it('have HEAD where it is declared only', async () => {
    expect((await send('HEAD', '/api/v2.0/things')).statusCode).toBe(404);
    expect((await send('HEAD', '/api/v2.0/ping')).statusCode).toBe(405);
  });

  it('treat a trailing slash and doubled slashes as noise', async () => {
    expect((await get('/ping/')).body).toBe('Pong');
    expect((await get('//ping')).body).toBe('Pong');
  });

  it('carry a sane request id both ways', async () => {
    const idOf = async (id: string) => (await get('/ping', 'nobody', { 'x-request-id': id })).headers['x-request-id'];
    expect(await idOf('abc-1')).toBe('abc-1');
    expect(await idOf('a'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
    expect((await get('/%zz', 'nobody', { 'x-request-id': 'abc-2' })).headers['x-request-id']).toBe('abc-2');
  });

  it('carry pages and locations', async () => {
    const listed = await get('/things?page=2&page_size=10&page=2', 'guest');
    expect(listed.json()).toEqual([1, 2]);
    expect(listed.headers['x-total-count']).toBe('25');
    expect(listed.headers.link).toBe(
      '</api/v2.0/things?page=1&page_size=10>; rel="prev" , </api/v2.0/things?page=3&page_size=10>; rel="next"',
    );
    const created = await post('/things', '{"name":"a b"}');
    expect(created.statusCode).toBe(201);
    expect(created.headers.location).toBe('/api/v2.0/things/a%20b');
    expect(created.body).toBe('');
  });

  it('believe nginx about the client, and nobody else', async () => {
    const ipFor = async (remoteAddress: string, forwarded: string) =>
      (await send('GET', '/api/v2.0/ip', { remoteAddress, headers: { 'x-forwarded-for': forwarded } })).body;
    expect(await ipFor('127.0.0.1', '8.8.8.8')).toBe('8.8.8.8');
    expect(await ipFor('172.18.0.2', '6.6.6.6, 8.8.8.8')).toBe('8.8.8.8');
    expect(await ipFor('9.9.9.9', '8.8.8.8')).toBe('9.9.9.9');
  });
});

describe('health', () => {
  it('is alive, and ready while its dependencies are', async () => {
    expect((await send('GET', '/healthz')).json()).toEqual({ status: 'ok' });
    expect((await send('GET', '/readyz')).statusCode).toBe(200);
    health.healthy = false;
    const response = await send('GET', '/readyz');
    health.healthy = true;
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ status: 'not ready', checks: [{ name: 'database', healthy: false }] });
  });
});

describe('metrics', () => {
  it('count every request by the operation that answered it, refusals and unknown paths too', async () => {
    const other = await createApp();
    for (const path of ['/ping', '/ping', '/things', '/nowhere']) {
      await other.fastify.inject({ method: 'GET', url: `/api/v2.0${path}` });
    }
    const { headers, body } = await other.fastify.inject({ method: 'GET', url: '/metrics' });
    await other.close();
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    const counts = body.match(/(?<=^haven_http_request_duration_seconds_count).*$/gm);
    expect(counts).toEqual([
      '{method="GET",operation="ping"} 2',
      '{method="GET",operation="listThings"} 1',
      '{method="GET",operation="unknown"} 1',
    ]);
    expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });
});

describe('start', () => {
  const moduleOf = (controller: Type): Type => {
    @Module({ controllers: [controller], providers: [AccessService, Metrics] })
    class Scratch {}
    return Scratch;
  };

  it('is refused, with all reasons, while routes are not fit to serve', async () => {
    @Controller()
    class Unfit {
      @Get('bare')
      bare(): void {
        // Declares nothing.
      }

      @Get('one')
      @Operation('same', open())
      one(): void {
        // One of two with the same id.
      }

      @Get('two')
      @Operation('same', open())
      two(): void {
        // The other.
      }

      @Get('lost')
      @Operation('lost', inProject('self', 'read'))
      lost(): void {
        // Names no project.
      }
    }
    await expect(createApp(moduleOf(Unfit))).rejects.toThrow(
      [
        'the routes are not fit to serve:',
        'GET /bare declares no operation',
        'GET /lost is inProject but has no {project_name_or_id} or {project_name} in its path',
        'operation same is declared twice',
      ].join('\n'),
    );
  });

  it('is refused while operations stand in projects that nobody can look up', async () => {
    @Controller()
    class Homeless {
      @Get('projects/:project_name')
      @Operation('getProject', inProject('self', 'read'))
      get(): void {
        // Nothing to look its project up in.
      }
    }
    await expect(createApp(moduleOf(Homeless))).rejects.toThrow('nothing provides PROJECT_DIRECTORY');
  });

  it('gives the table of routes', () => {
    expect(app.routes).toContainEqual({
      operationId: 'getRepository',
      method: 'GET',
      path: '/api/v2.0/projects/{project_name}/repositories/{repository_name}',
      access: { kind: 'inProject', resource: 'repository', action: 'read' },
    });
    expect(app.routes).toHaveLength(22);
  });
});

describe('a socket', () => {
  it('that speaks no HTTP is told so, and one that breaks off is no fault of ours', async () => {
    const other = await createApp();
    await other.nest.listen(0, '127.0.0.1');
    const { port } = other.nest.getHttpServer().address() as AddressInfo;

    const stranger = connect(port, '127.0.0.1');
    let answer = '';
    stranger.on('data', (chunk) => (answer += chunk.toString()));
    stranger.write('nonsense\r\n\r\n');
    await once(stranger, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*\r\n\r\n{"errors":\[{"code":"BAD_REQUEST",.*}]}\n$/);

    lines.length = 0;
    const quitter = connect(port, '127.0.0.1');
    const head =
      'POST /api/v2.0/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
    quitter.write(head, () => quitter.resetAndDestroy());
    await until(() => lines.length > 0);
    expect(lines).toMatchObject([{ level: 'info', fields: { status: 400, reason: 'the client went away' } }]);
    await other.close();
  });
});

describe('close', () => {
  it('answers what runs, takes nothing new, and then ends', async () => {
    const other = await createApp();
    await other.nest.listen(0, '127.0.0.1');
    const { port } = other.nest.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /api/v2.0/slow HTTP/1.1\r\nHost: a\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await until(() => held.started);
    const closing = other.close();
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    release();
    await Promise.all([closing, once(socket, 'close')]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*done$/);
  });
});
