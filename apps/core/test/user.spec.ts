import { readAccessVersion, sql } from '@haven/models';
import { admin, CoreApp, createdId, type TestUser } from './core-app.js';

describe('users', () => {
  let core: CoreApp;
  let ada: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    core = await CoreApp.start();
    ada = await core.createUser('ada');
    bob = await core.createUser('bob');
  });
  afterAll(() => core.stop());

  const lastAudit = () =>
    core.db.one(
      sql(
        'SELECT operation, resource_type, resource, username, op_desc, project_id FROM audit_log_ext ORDER BY id DESC LIMIT 1',
      ),
    );
  const profile = { email: 'new@example.com', realname: 'New', comment: 'hello' };
  const fresh = { ...profile, username: 'new', password: 'Passw0rd-x' };

  describe('POST /users', () => {
    it('makes a user, tells where, and writes who did it', async () => {
      const answer = await core.post('/users', { ...fresh, username: 'carl', email: 'carl@example.com' }, admin);
      expect(answer.status).toBe(201);
      expect(answer.body).toBeUndefined();
      expect(answer.headers['location']).toMatch(/^\/api\/v2\.0\/users\/\d+$/);
      expect(await lastAudit()).toEqual({
        operation: 'create',
        resource_type: 'user',
        resource: 'carl',
        username: 'admin',
        op_desc: 'create user with name: carl',
        project_id: 0,
      });
      const { password } = await core.db.one<{ password: string }>(
        sql("SELECT password FROM harbor_user WHERE username = 'carl'"),
      );
      expect(password).toMatch(/^scrypt\$/);
    });

    it.each([
      ['a taken name', { ...fresh, username: 'ada' }],
      ['a taken address', { ...fresh, email: 'ada@example.com' }],
    ])('refuses %s', async (_what, body) => {
      expect(await core.post('/users', body, admin)).toMatchObject({
        status: 409,
        body: { errors: [{ code: 'CONFLICT' }] },
      });
    });

    it.each([
      [400, 'a weak password', { ...fresh, password: 'weak' }],
      [400, 'no password', { ...profile, username: 'new' }],
      [400, 'a bad address', { ...fresh, email: 'nobody' }],
      [400, 'no real name', { ...fresh, realname: '' }],
      [400, 'a long comment', { ...fresh, comment: 'x'.repeat(31) }],
      [400, 'a bad name', { ...fresh, username: 'a#1' }],
      [400, 'a name of the wrong type', { ...fresh, username: 7 }],
      [422, 'a name over 255 characters', { ...fresh, username: 'x'.repeat(256) }],
      [422, 'no body', undefined],
    ])('answers %i to %s', async (status, _what, body) => {
      expect((await core.post('/users', body, admin)).status).toBe(status);
    });

    it('is closed to everyone else while nobody may sign up', async () => {
      expect((await core.post('/users', fresh)).status).toBe(401);
      expect((await core.post('/users', fresh, ada)).status).toBe(403);
    });

    it('lets people sign up from a browser only, where that is on', async () => {
      await core.configure({ self_registration: 'true' });
      expect(await core.post('/users', fresh)).toMatchObject({
        status: 403,
        body: { errors: [{ code: 'FORBIDDEN', message: 'self-registration cannot be triggered via API' }] },
      });
      const signUp = { ...fresh, username: 'dora', email: 'dora@example.com' };
      const first = await core.call('GET', '/api/v2.0/systeminfo', { headers: { cookie: 'sid=x' } });
      const csrf = String([first.headers['set-cookie']].flat()[0]).split(';')[0] ?? '';
      const headers = { cookie: `sid=x; ${csrf}`, 'x-harbor-csrf-token': String(first.headers['x-harbor-csrf-token']) };
      const answer = await core.call('POST', '/api/v2.0/users', { body: signUp, headers });
      expect(answer.status).toBe(201);
      expect(await lastAudit()).toMatchObject({ operation: 'create', resource: 'dora', username: 'dora' });
      await core.configure({ self_registration: 'false' });
    });

    it('makes no local users where another system keeps them', async () => {
      await core.configure({ auth_mode: 'ldap_auth' });
      expect((await core.post('/users', fresh, admin)).status).toBe(403);
      expect((await core.put(`/users/${ada.userId}`, profile, admin)).status).toBe(403);
      await core.configure({ auth_mode: 'db_auth' });
    });
  });

  describe('GET /users', () => {
    it('lists everyone but the built-in admin, by name', async () => {
      const answer = await core.get('/users?page_size=2', admin);
      expect(answer.status).toBe(200);
      expect((answer.body as { username: string }[]).map((user) => user.username)).toEqual(['ada', 'bob']);
      expect(Number(answer.headers['x-total-count'])).toBeGreaterThanOrEqual(3);
      expect(answer.headers['link']).toBe('</api/v2.0/users?page=2&page_size=2>; rel="next"');
    });

    it('tells Harbor’s fields and no password', async () => {
      const answer = await core.get('/users?q=username=ada', admin);
      expect(answer.body).toEqual([
        {
          user_id: ada.userId,
          username: 'ada',
          email: 'ada@example.com',
          realname: 'ada',
          sysadmin_flag: false,
          admin_role_in_auth: false,
          creation_time: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) as string,
          update_time: expect.stringMatching(/Z$/) as string,
        },
      ]);
    });

    it.each([
      ['?username=AD', ['ada']],
      ['?email=bob@', ['bob']],
      ['?q=UserID={1 2}', []],
      ['?q=email=~ADA@', ['ada']],
      ['?q=username={ada bob}&sort=-username', ['bob', 'ada']],
      ['?q=unknown=1,username=ada', ['ada']],
    ])('narrows to %s', async (query, names) => {
      const answer = await core.get(`/users${query}`, admin);
      expect((answer.body as { username: string }[]).map((user) => user.username)).toEqual(names);
      expect(answer.headers['x-total-count']).toBe(String(names.length));
    });

    it.each([
      [400, '?q=username'],
      [400, '?q=user_id=x'],
      [422, '?page_size=101'],
    ])('answers %i to %s', async (status, query) => {
      expect((await core.get(`/users${query}`, admin)).status).toBe(status);
    });

    it('does not filter by password', async () => {
      expect((await core.get('/users?q=password=~scrypt,username=ada', admin)).headers['x-total-count']).toBe('1');
    });
  });

  describe('GET /users/search', () => {
    it('finds by part of the name, shortest first, always the first page', async () => {
      await core.createUser('ada.l');
      const answer = await core.get('/users/search?username=ada&page=2&page_size=1', bob);
      expect(answer.body).toEqual([{ user_id: ada.userId, username: 'ada' }]);
      expect(answer.headers['x-total-count']).toBe('2');
      expect(answer.headers['link']).toBe('</api/v2.0/users/search?page=1&page_size=1&username=ada>; rel="prev"');
    });

    it('wants a name, and somebody who asks', async () => {
      expect((await core.get('/users/search', ada)).status).toBe(422);
      expect((await core.get('/users/search?username=ada')).status).toBe(401);
      expect(await core.get('/users/search?username=%25', ada)).toMatchObject({ status: 200, body: [] });
    });
  });

  describe('one user', () => {
    it('is told to themselves and to admins', async () => {
      expect(await core.get(`/users/${ada.userId}`, ada)).toMatchObject({ status: 200, body: { username: 'ada' } });
      expect(await core.get(`/users/${ada.userId}`, admin)).toMatchObject({ status: 200, body: { username: 'ada' } });
      expect((await core.get(`/users/${ada.userId}`, bob)).status).toBe(403);
      expect((await core.get(`/users/${ada.userId}`)).status).toBe(401);
      expect((await core.get('/users/99999', admin)).status).toBe(404);
      expect((await core.get('/users/99999999999', admin)).status).toBe(404);
      expect((await core.get('/users/abc', admin)).status).toBe(422);
    });

    it('hears who they are', async () => {
      expect(await core.get('/users/current', ada)).toMatchObject({
        status: 200,
        body: { user_id: ada.userId, username: 'ada', sysadmin_flag: false, admin_role_in_auth: false },
      });
      expect(await core.get('/users/current', admin)).toMatchObject({ body: { user_id: 1, sysadmin_flag: true } });
      expect((await core.get('/users/current')).status).toBe(401);
      expect((await core.get('/users/current', undefined, core.asService)).status).toBe(412);
    });

    it('changes their profile', async () => {
      const change = { email: 'bob@example.org', realname: 'Bob', comment: 'here' };
      expect((await core.put(`/users/${bob.userId}`, change, bob)).status).toBe(200);
      expect(await core.get(`/users/${bob.userId}`, bob)).toMatchObject({ body: change });
      expect(await lastAudit()).toMatchObject({ operation: 'update', resource: 'bob', username: 'bob' });
      expect((await core.put(`/users/${bob.userId}`, change, ada)).status).toBe(403);
      expect((await core.put('/users/99999', { ...change, email: 'x@example.org' }, admin)).status).toBe(404);
      expect((await core.put(`/users/${bob.userId}`, { ...change, email: '' }, bob)).status).toBe(400);
      expect((await core.put(`/users/${bob.userId}`, { ...change, email: 'ada@example.com' }, bob)).status).toBe(409);
    });

    it('is made system administrator by one', async () => {
      const path = `/users/${bob.userId}/sysadmin`;
      expect((await core.put(path, { sysadmin_flag: true }, bob)).status).toBe(403);
      expect((await core.put(path, { sysadmin_flag: true }, admin)).status).toBe(200);
      expect((await core.get('/users', bob)).status).toBe(200);
      expect(await lastAudit()).toMatchObject({
        op_desc: 'update user with name: bob, add/remove user as system administrator',
      });
      expect((await core.put(path, {}, admin)).status).toBe(200);
      expect((await core.get('/users', bob)).status).toBe(403);
      expect((await core.put('/users/99999/sysadmin', { sysadmin_flag: true }, admin)).status).toBe(404);
    });

    it('has a CLI secret only where another system knows the password', async () => {
      const path = `/users/${ada.userId}/cli_secret`;
      expect(await core.put(path, { secret: '' }, ada)).toMatchObject({
        status: 412,
        body: { errors: [{ code: 'PRECONDITION' }] },
      });
      expect((await core.put(path, { secret: '' }, bob)).status).toBe(403);
    });
  });

  describe('PUT /users/{id}/password', () => {
    const next = 'An0ther-password';

    it.each([
      [403, 'a wrong old one', { old_password: 'Wr0ng-password', new_password: next }],
      [403, 'no old one', { new_password: next }],
      [400, 'a weak new one', { old_password: 'Passw0rd-of-tests', new_password: 'weak' }],
      [400, 'the same again', { old_password: 'Passw0rd-of-tests', new_password: 'Passw0rd-of-tests' }],
    ])('answers %i to %s', async (status, _what, body) => {
      expect((await core.put(`/users/${ada.userId}/password`, body, ada)).status).toBe(status);
    });

    it('changes one’s own', async () => {
      const eve = await core.createUser('eve');
      const before = await readAccessVersion(core.db);
      const body = { old_password: eve.password, new_password: next };
      expect((await core.put(`/users/${eve.userId}/password`, body, eve)).status).toBe(200);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect(await lastAudit()).toMatchObject({ op_desc: 'update user with name: eve, change user password' });
      expect((await core.get('/users/current', { ...eve, password: next })).status).toBe(200);
      expect((await core.get('/users/current', eve)).status).toBe(401);
    });

    it('is changed by an admin without the old one', async () => {
      const finn = await core.createUser('finn');
      const path = `/users/${finn.userId}/password`;
      expect((await core.put(path, { new_password: next }, ada)).status).toBe(403);
      expect((await core.put(path, { new_password: finn.password }, admin)).status).toBe(400);
      expect((await core.put(path, { new_password: next }, admin)).status).toBe(200);
      expect((await core.get('/users/current', { ...finn, password: next })).status).toBe(200);
      expect((await core.put('/users/99999/password', { new_password: next }, admin)).status).toBe(404);
    });
  });

  describe('DELETE /users/{id}', () => {
    it('takes the name back, ends memberships and log-ins', async () => {
      const gina = await core.createUser('gina');
      const projectId = await core.createProject('ginas', admin);
      await core.addMember(projectId, gina, 2);
      const before = await readAccessVersion(core.db);
      expect((await core.delete(`/users/${gina.userId}`, ada)).status).toBe(403);
      expect((await core.delete(`/users/${gina.userId}`, admin)).status).toBe(200);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect(await lastAudit()).toMatchObject({ operation: 'delete', resource_type: 'user', resource: 'gina' });
      expect((await core.get('/users/current', gina)).status).toBe(401);
      expect((await core.get(`/users/${gina.userId}`, admin)).status).toBe(404);
      expect((await core.delete(`/users/${gina.userId}`, admin)).status).toBe(404);
      const row = sql('SELECT username, email, deleted FROM harbor_user WHERE user_id = $1', gina.userId);
      expect(await core.db.one(row)).toEqual({
        username: `gina#${gina.userId}`,
        email: `gina@example.com#${gina.userId}`,
        deleted: true,
      });
      expect((await core.get(`/projects/${projectId}/members?entityname=gina`, admin)).body).toEqual([]);
      expect(
        createdId(await core.post('/users', { ...fresh, username: 'gina', email: 'gina@example.com' }, admin)),
      ).not.toBe(gina.userId);
    });

    it('spares the built-in admin and oneself', async () => {
      const root = await core.createUser('root2');
      await core.put(`/users/${root.userId}/sysadmin`, { sysadmin_flag: true }, admin);
      expect((await core.delete('/users/1', root)).status).toBe(403);
      expect((await core.delete(`/users/${root.userId}`, root)).status).toBe(403);
    });
  });

  describe('GET /users/current/permissions', () => {
    const list = async (scope: string, as?: TestUser) => {
      const answer = await core.get(`/users/current/permissions?scope=${scope}`, as);
      return (answer.body as { resource: string; action: string }[]).map((p) => `${p.resource}:${p.action}`);
    };

    it('tells a member what their role allows', async () => {
      const projectId = await core.createProject('permitted');
      await core.addMember(projectId, ada, 3);
      const permissions = await list(`/project/${projectId}`, ada);
      expect(permissions).toContain(`/project/${projectId}/repository:pull`);
      expect(permissions).toContain(`/project/${projectId}:read`);
      expect(permissions).not.toContain(`/project/${projectId}/repository:push`);
      expect(await list(`/project/${projectId}&relative=true`, ada)).toEqual(
        expect.arrayContaining(['repository:pull', '.:read', 'member:list']),
      );
      expect(await list(`/project/${projectId}`, bob)).toEqual([]);
    });

    it('tells system administrators what the system allows, and others nothing', async () => {
      expect(await list('/system', admin)).toContain('/system/user:create');
      expect(await list('/system&relative=true', admin)).toContain('user:create');
      expect(await list('/system', ada)).toEqual([]);
      expect(await list('/elsewhere', admin)).toEqual([]);
      expect(await list('', admin)).toEqual([]);
      expect((await core.get('/users/current/permissions?scope=/system')).status).toBe(401);
    });
  });

  describe('GET /permissions', () => {
    it('is for admins of the system, and of any project without what is the system’s', async () => {
      const all = (await core.get('/permissions', admin)).body as Record<string, unknown[]>;
      expect([all['system']?.length, all['project']?.length]).toEqual([70, 70]);
      const owner = await core.createUser('owner');
      expect((await core.get('/permissions', owner)).status).toBe(403);
      const projectId = await core.createProject('owned', owner);
      expect((await core.get('/permissions', owner)).body).toEqual({ system: null, project: all['project'] });
      expect((await core.delete(`/projects/${projectId}`, owner)).status).toBe(200);
      expect((await core.get('/permissions', owner)).status).toBe(403);
      expect((await core.get('/permissions')).status).toBe(401);
    });
  });
});
