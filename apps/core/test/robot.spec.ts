import { robotPermissions } from '@haven/rbac';
import { sql } from '@haven/models';
import { admin, CoreApp, createdId, type Credentials, type TestUser } from './core-app.js';

interface Robot extends Credentials {
  id: number;
}
interface Claims {
  sub: string;
  access: { actions: string[] }[];
}
interface Access {
  resource: string;
  action: string;
}

const core = await CoreApp.start();
let owner: TestUser;
let maintainer: TestUser;
let projectId: number;

const block = (namespace: string, ...access: string[]) => ({
  kind: namespace === '/' ? 'system' : 'project',
  namespace,
  access: access.map((entry) => {
    const [resource = '', action = ''] = entry.split(':');
    return { resource, action };
  }),
});
const systemRobot = (name: string, ...permissions: object[]) => ({
  name,
  level: 'system',
  duration: -1,
  permissions,
});
const projectRobot = (name: string, ...access: string[]) => ({
  name,
  level: 'project',
  duration: 30,
  permissions: [block('robots', ...access)],
});

async function make(body: object, as: Credentials = admin): Promise<Robot> {
  const answer = await core.post('/robots', body, as);
  const { name, secret } = answer.body as { name: string; secret: string };
  return { id: createdId(answer), username: name, password: secret };
}

/** What a token for a repository allows whoever logs in so. */
async function allowed(robot: Credentials, repository: string): Promise<string[] | number> {
  const answer = await core.call('GET', `/service/token?service=harbor-registry&scope=repository:${repository}:pull`, {
    as: robot,
  });
  if (answer.status !== 200) return answer.status;
  const [, payload = ''] = (answer.body as { token: string }).token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  return claims.sub === '' ? 401 : [...(claims.access[0]?.actions ?? [])].sort();
}

beforeAll(async () => {
  owner = await core.createUser('owner');
  maintainer = await core.createUser('keeper');
  projectId = await core.createProject('robots', owner);
  await core.addMember(projectId, maintainer, 4);
});
afterAll(() => core.stop());

describe('a robot', () => {
  it('is made with a secret that is shown once', async () => {
    const answer = await core.post('/robots', projectRobot('ci', 'repository:push', 'artifact:list'), owner);
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toMatch(/^\/api\/v2\.0\/robots\/\d+$/);
    const body = answer.body as { id: number; name: string; secret: string; expires_at: number };
    expect(body.name).toBe('robot$robots+ci');
    expect(body.secret).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9]{32}$/);
    expect(Math.abs(body.expires_at - (Date.now() / 1000 + 30 * 86_400))).toBeLessThan(60);
    const shown = await core.get(`/robots/${body.id}`, owner);
    expect(shown.body).toEqual({
      id: body.id,
      name: 'robot$robots+ci',
      level: 'project',
      duration: 30,
      editable: true,
      disable: false,
      expires_at: body.expires_at,
      creator_type: 'local',
      creator_ref: owner.userId,
      creation_time: expect.any(String) as string,
      update_time: expect.any(String) as string,
      permissions: [
        {
          kind: 'project',
          namespace: 'robots',
          access: [
            { resource: 'artifact', action: 'list', effect: 'allow' },
            { resource: 'repository', action: 'push', effect: 'allow' },
          ],
        },
      ],
    });
    const log = await core.get('/auditlog-exts?q=operation=create,resource_type=robot', admin);
    expect(log.body).toMatchObject([{ resource: 'robot$robots+ci', username: 'owner' }]);
    const stored = await core.db.rows(sql('SELECT * FROM robot'));
    expect(JSON.stringify(stored)).not.toContain(body.secret);
  });

  it('logs in to the registry and to the API with what it was given', async () => {
    const robot = await make(projectRobot('pusher', 'repository:push', 'repository:list'), owner);
    expect(await allowed(robot, 'robots/app')).toEqual(['pull', 'push']);
    expect(await allowed(robot, 'library/app')).toEqual(['pull']);
    expect((await core.get('/projects/robots/repositories', robot)).status).toBe(200);
    expect((await core.get('/projects/robots/members', robot)).status).toBe(403);
    expect((await core.get('/users/current', robot)).status).toBe(412);
    expect(await allowed({ ...robot, password: `${robot.password}x` }, 'robots/app')).toBe(401);
    const session = await core.call('POST', '/c/login', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(session.status).not.toBe(200);
  });

  it('has rights in all projects, or in several, when it is one of the system', async () => {
    await core.createProject('robots-too', owner);
    const everywhere = await make(systemRobot('all', block('*', 'repository:pull')));
    const some = await make(
      systemRobot(
        'some',
        block('robots', 'repository:pull'),
        block('robots-too', 'repository:push'),
        block('/', 'catalog:read'),
      ),
    );
    expect(everywhere.username).toBe('robot$all');
    expect(await allowed(everywhere, 'robots-too/x')).toEqual(['pull']);
    expect(await allowed(some, 'robots/x')).toEqual(['pull']);
    expect(await allowed(some, 'robots-too/x')).toEqual(['pull', 'push']);
    const shown = (await core.get(`/robots/${some.id}`, admin)).body as { permissions: { namespace: string }[] };
    expect(shown.permissions.map(({ namespace }) => namespace)).toEqual(['/', 'robots', 'robots-too']);
  });

  it('is changed as a whole, and cannot change its name or level', async () => {
    const robot = await make(projectRobot('changed', 'repository:push'), owner);
    const shown = (await core.get(`/robots/${robot.id}`, owner)).body as Record<string, unknown>;
    const change = { ...shown, duration: -1, description: 'new', permissions: [block('robots', 'repository:pull')] };
    expect((await core.put(`/robots/${robot.id}`, change, owner)).status).toBe(200);
    expect((await core.get(`/robots/${robot.id}`, owner)).body).toMatchObject({ description: 'new', expires_at: -1 });
    expect(await allowed(robot, 'robots/app')).toEqual(['pull']);
    expect((await core.put(`/robots/${robot.id}`, { ...change, name: 'robot$other' }, owner)).status).toBe(400);
    expect((await core.put(`/robots/${robot.id}`, { ...change, level: 'system' }, owner)).status).toBe(400);
    const elsewhere = { ...change, permissions: [block('library', 'repository:push')] };
    expect((await core.put(`/robots/${robot.id}`, elsewhere, owner)).status).toBe(400);
    expect((await core.put(`/robots/${robot.id}`, { ...change, disable: true }, owner)).status).toBe(200);
    expect(await allowed(robot, 'robots/app')).toBe(401);
    expect((await core.get('/projects/robots/repositories', robot)).status).toBe(401);
  });

  it('is of no use once it has expired', async () => {
    const robot = await make(projectRobot('short', 'repository:pull'), owner);
    expect(await allowed(robot, 'robots/app')).toEqual(['pull']);
    await core.db.run(sql('UPDATE robot SET expiresat = extract(epoch FROM now()) - 1 WHERE id = $1', robot.id));
    expect(await allowed(robot, 'robots/app')).toBe(401);
  });

  it('gets a new secret, made here or given', async () => {
    const robot = await make(projectRobot('renewed', 'repository:pull'), owner);
    const made = await core.call('PATCH', `/api/v2.0/robots/${robot.id}`, { as: owner, body: {} });
    const { secret } = made.body as { secret: string };
    expect(await allowed(robot, 'robots/app')).toBe(401);
    expect(await allowed({ ...robot, password: secret }, 'robots/app')).toEqual(['pull']);
    const weak = await core.call('PATCH', `/api/v2.0/robots/${robot.id}`, { as: owner, body: { secret: 'weak' } });
    expect(weak.status).toBe(400);
    const given = await core.call('PATCH', `/api/v2.0/robots/${robot.id}`, {
      as: owner,
      body: { secret: 'Str0ng-enough' },
    });
    expect([given.status, given.body]).toEqual([200, {}]);
    expect(await allowed({ ...robot, password: 'Str0ng-enough' }, 'robots/app')).toEqual(['pull']);
  });

  it('ends with its project, and its rights in one end with that', async () => {
    const gone = await core.createProject('robots-gone', owner);
    const robot = await make({ ...projectRobot('x'), permissions: [block('robots-gone', 'repository:pull')] }, owner);
    const both = await make(
      systemRobot('both', block('robots-gone', 'repository:push'), block('robots', 'repository:pull')),
    );
    expect((await core.delete(`/projects/${gone}`, owner)).status).toBe(200);
    expect((await core.get(`/robots/${robot.id}`, admin)).status).toBe(404);
    await core.createProject('robots-gone', admin);
    expect(await allowed(both, 'robots-gone/x')).toEqual([]);
    expect(await allowed(both, 'robots/x')).toEqual(['pull']);
  });

  it('is deleted', async () => {
    const robot = await make(projectRobot('deleted', 'repository:pull'), owner);
    expect((await core.delete(`/robots/${robot.id}`, owner)).status).toBe(200);
    expect((await core.get(`/robots/${robot.id}`, owner)).status).toBe(404);
    expect(await allowed(robot, 'robots/app')).toBe(401);
  });

  it.each([
    ['no name', { name: '' }],
    ['a name that is none', { name: 'Ci Bot' }],
    ['no level', { level: '' }],
    ['no duration', { duration: 0 }],
    ['a duration below for ever', { duration: -2 }],
    ['a duration beyond all bounds', { duration: 2_147_483_647 }],
    ['no permissions', { permissions: [] }],
    ['an empty permission', { permissions: [block('robots')] }],
    ['two projects', { permissions: [block('robots', 'repository:pull'), block('library', 'repository:pull')] }],
    ['every project', { permissions: [block('*', 'repository:pull')] }],
    ['the system', { permissions: [block('/', 'catalog:read')] }],
    ['a permission that robots never have', { permissions: [block('robots', 'configuration:read')] }],
    ['the right to change robots', { permissions: [block('robots', 'robot:update')] }],
    ['another kind', { permissions: [{ ...block('robots', 'repository:pull'), kind: 'server' }] }],
    [
      'a denial',
      {
        permissions: [
          {
            kind: 'project',
            namespace: 'robots',
            access: [{ resource: 'repository', action: 'pull', effect: 'deny' }],
          },
        ],
      },
    ],
  ])('is refused with %s', async (_what, change) => {
    const answer = await core.post('/robots', { ...projectRobot('refused', 'repository:pull'), ...change }, admin);
    expect(answer.status).toBe(400);
  });

  it('is refused when there is one of that name, or no such project', async () => {
    await make(projectRobot('twice', 'repository:pull'), owner);
    expect((await core.post('/robots', projectRobot('twice', 'repository:pull'), owner)).status).toBe(409);
    const nowhere = { ...projectRobot('lost'), permissions: [block('nowhere', 'repository:pull')] };
    expect((await core.post('/robots', nowhere, admin)).status).toBe(404);
    expect((await core.post('/robots', nowhere, owner)).status).toBe(403);
    const system = systemRobot('lost', block('nowhere', 'repository:pull'));
    expect((await core.post('/robots', system, admin)).status).toBe(404);
  });

  it('hands on no more than it has', async () => {
    const maker = await make(
      systemRobot('maker', block('/', 'robot:create', 'robot:list'), block('*', 'repository:pull', 'robot:create')),
    );
    const child = await make(systemRobot('child', block('robots', 'repository:pull')), maker);
    expect(await allowed(child, 'robots/app')).toEqual(['pull']);
    expect((await core.get(`/robots/${child.id}`, admin)).body).toMatchObject({
      creator_type: 'robot',
      creator_ref: maker.id,
    });
    const greedy = await core.post('/robots', systemRobot('greedy', block('robots', 'repository:push')), maker);
    expect([greedy.status, greedy.body]).toMatchObject([403, { errors: [{ code: 'DENIED' }] }]);
  });
});

describe('robots', () => {
  const names = async (query: string, as: Credentials): Promise<string[] | number> => {
    const answer = await core.get(`/robots?page_size=100${query}`, as);
    return answer.status === 200 ? (answer.body as { name: string }[]).map(({ name }) => name).sort() : answer.status;
  };

  it('are listed by level and project, to whom they concern', async () => {
    const inProject = `&q=Level=project,ProjectID=${projectId}`;
    const ofProject = await names(inProject, maintainer);
    expect(ofProject).toContain('robot$robots+ci');
    expect(await names('', admin)).toContain('robot$all');
    expect(await names('', admin)).not.toContain('robot$robots+ci');
    expect(await names(`${inProject},name=~robots%252Bc`, owner)).toEqual(['robot$robots+changed', 'robot$robots+ci']);
    expect(await names('', owner)).toBe(403);
    expect((await core.get('/robots')).status).toBe(401);
    expect((await core.get('/robots?q=Level=project', admin)).status).toBe(400);
    expect((await core.get('/robots?q=Level=nowhere', admin)).status).toBe(400);
  });

  it('of a project are made and changed by its admins only', async () => {
    const robot = await make(projectRobot('guarded', 'repository:pull'), owner);
    expect((await core.get(`/robots/${robot.id}`, maintainer)).status).toBe(200);
    expect((await core.post('/robots', projectRobot('mine', 'repository:pull'), maintainer)).status).toBe(403);
    expect((await core.delete(`/robots/${robot.id}`, maintainer)).status).toBe(403);
    const stranger = await core.createUser('stranger');
    expect((await core.get(`/robots/${robot.id}`, stranger)).status).toBe(403);
    expect((await core.get(`/robots/${robot.id}`)).status).toBe(401);
    expect((await core.get('/robots/999999', admin)).status).toBe(404);
  });

  it('keep working, by their new names, when the prefix of all is changed', async () => {
    const robot = await make(projectRobot('renamed', 'repository:pull'), owner);
    await core.configure({ robot_name_prefix: 'bot-' });
    expect(await allowed({ ...robot, username: 'bot-robots+renamed' }, 'robots/app')).toEqual(['pull']);
    await core.configure({ robot_name_prefix: 'robot$' });
  });
});

describe('each permission of a robot', () => {
  const declared = core.routes.flatMap(({ operationId, method, path, access }) =>
    access.kind === 'inProject' || access.kind === 'inSystem' ? [{ operationId, method, path, access }] : [],
  );
  const wordOf = (resource: string): string => (resource === 'self' ? 'project' : resource);
  const grantable = declared.filter(({ access: { kind, resource, action } }) =>
    robotPermissions[kind === 'inProject' ? 'project' : 'system'].some(
      (permission: Access) => permission.resource === wordOf(resource) && permission.action === action,
    ),
  );

  const fill = (path: string): string =>
    path.replace(/\{(\w+)\}/g, (_all, name: string) => (name.startsWith('project_name') ? 'each' : '999999'));
  const isLetIn = async (as: Credentials, { method, path }: { method: string; path: string }): Promise<boolean> =>
    ![401, 403].includes((await core.call(method, fill(path), { as })).status);

  beforeAll(async () => {
    const each = await core.createProject('each', admin);
    // So that being allowed to delete the project does not end it.
    await core.db.run(sql(`INSERT INTO repository (project_id, name, listed) VALUES ($1, 'each/kept', true)`, each));
  });

  it('is the whole of what opens operations that are declared with it', async () => {
    expect(grantable.length).toBeGreaterThan(30);
    const seen: string[] = [];
    for (const route of grantable) {
      const { kind, resource, action } = route.access;
      const scope = kind === 'inProject' ? 'project' : 'system';
      const own = `${wordOf(resource)}:${action}`;
      const namespace = scope === 'project' ? 'each' : '/';
      const others = robotPermissions[scope]
        .map((permission: Access) => `${permission.resource}:${permission.action}`)
        .filter((permission) => permission !== own);
      const name = `${scope}-${own.replace(':', '-')}-${seen.length}`;
      const only = await make(systemRobot(`${name}-only`, block(namespace, own)));
      const without = await make(systemRobot(`${name}-without`, block(namespace, ...others)));
      seen.push(`${route.operationId}: ${await isLetIn(only, route)} ${await isLetIn(without, route)}`);
    }
    expect(seen).toEqual(grantable.map(({ operationId }) => `${operationId}: true false`));
  }, 60_000);
});
