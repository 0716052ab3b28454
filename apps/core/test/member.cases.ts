import { readAccessVersion, sql } from '@haven/models';
import { admin, createdId, type CoreApp, type TestUser } from './core-app.js';

/** Who belongs to a project. */
export function describeMembers(app: () => CoreApp): void {
  describe('members', () => {
    let core: CoreApp;
    let paula: TestUser;
    let quinn: TestUser;
    let rosa: TestUser;
    let groupId: number;
    const path = '/projects/team/members';

    const lastAudit = () =>
      core.db.one(
        sql('SELECT operation, resource_type, resource, username, op_desc FROM audit_log_ext ORDER BY id DESC LIMIT 1'),
      );
    /** What a token issued now lets somebody do with a repository of the project. */
    const tokenActions = async (as: TestUser): Promise<string[]> => {
      const query = 'service=harbor-registry&scope=repository:team/app:pull,push';
      const { body } = await core.call('GET', `/service/token?${query}`, { as });
      const payload = (body as { token: string }).token.split('.')[1] ?? '';
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { access: { actions: string[] }[] };
      return claims.access.flatMap((access) => access.actions).sort();
    };
    const idOf = async (username: string) => {
      const found = await core.get(`${path}?entityname=${username}`, admin);
      return (found.body as { id: number }[])[0]!.id;
    };

    beforeAll(async () => {
      core = app();
      paula = await core.createUser('paula');
      quinn = await core.createUser('quinn');
      rosa = await core.createUser('rosa');
      await core.createProject('team', paula);
      await core.createProject('elsewhere', paula);
      const group = sql(
        `INSERT INTO user_group (group_name, group_type, ldap_group_dn) VALUES ('crew', 1, 'cn=crew') RETURNING id`,
      );
      groupId = (await core.db.one<{ id: number }>(group)).id;
    });

    it('are added by name or id, with an audit row', async () => {
      const before = await readAccessVersion(core.db);
      const answer = await core.post(path, { role_id: 2, member_user: { username: 'quinn' } }, paula);
      expect(answer).toMatchObject({ status: 201, body: undefined });
      expect(answer.headers['location']).toBe(`/api/v2.0${path}/${createdId(answer)}`);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect(await lastAudit()).toEqual({
        operation: 'create',
        resource_type: 'member',
        resource: 'quinn',
        username: 'paula',
        op_desc: 'create user member quinn in project team',
      });
      const byId = await core.post(path, { role_id: 3, member_user: { user_id: rosa.userId } }, paula);
      expect(await core.get(`${path}/${createdId(byId)}`, quinn)).toMatchObject({
        status: 200,
        body: {
          id: createdId(byId),
          entity_name: 'rosa',
          entity_id: rosa.userId,
          entity_type: 'u',
          role_id: 3,
          role_name: 'guest',
        },
      });
    });

    it('can be groups that are known', async () => {
      const byId = await core.post(path, { role_id: 4, member_group: { id: groupId } }, paula);
      expect(await core.get(`${path}/${createdId(byId)}`, paula)).toMatchObject({
        body: { entity_name: 'crew', entity_type: 'g', entity_id: groupId, role_name: 'maintainer' },
      });
      expect(await lastAudit()).toMatchObject({ op_desc: 'create group member crew in project team' });
      const byDn = { role_id: 4, member_group: { ldap_group_dn: 'cn=crew' } };
      expect((await core.post('/projects/elsewhere/members', byDn, paula)).status).toBe(201);
      const byName = { role_id: 4, member_group: { group_name: 'crew', group_type: 1 } };
      expect((await core.post('/projects/elsewhere/members', byName, paula)).status).toBe(409);
    });

    it.each([
      [409, 'a member', { role_id: 1, member_user: { username: 'quinn' } }],
      [400, 'a role that is none', { role_id: 9, member_user: { username: 'admin' } }],
      [400, 'no role', { member_user: { username: 'admin' } }],
      [400, 'nobody', { role_id: 1 }],
      [400, 'an empty name', { role_id: 1, member_user: { username: '' } }],
      [404, 'a name of nobody', { role_id: 1, member_user: { username: 'absent' } }],
      [400, 'an id of nobody', { role_id: 1, member_user: { user_id: 99_999 } }],
      [400, 'the anonymous user', { role_id: 1, member_user: { user_id: 2 } }],
      [400, 'a group that is none', { role_id: 1, member_group: { id: 99_999 } }],
      [400, 'an unknown LDAP group', { role_id: 1, member_group: { ldap_group_dn: 'cn=absent' } }],
      [400, 'an unknown group name', { role_id: 1, member_group: { group_name: 'absent', group_type: 3 } }],
      [400, 'a role of the wrong type', { role_id: 'admin', member_user: { username: 'admin' } }],
    ])('answer %i when one adds %s', async (status, _what, body) => {
      expect((await core.post(path, body, paula)).status).toBe(status);
    });

    it('are listed by name', async () => {
      const answer = await core.get(`${path}?page_size=3`, rosa);
      expect((answer.body as { entity_name: string }[]).map((member) => member.entity_name)).toEqual([
        'crew',
        'paula',
        'quinn',
      ]);
      expect(answer.headers['x-total-count']).toBe('4');
      expect(answer.headers['link']).toBe(`</api/v2.0${path}?page=2&page_size=3>; rel="next"`);
      expect(await core.get(`${path}?entityname=quin`, rosa)).toMatchObject({ status: 200, body: [] });
      expect((await core.get(path)).status).toBe(401);
    });

    it('change their role', async () => {
      const before = await readAccessVersion(core.db);
      expect((await core.put(`${path}/${await idOf('quinn')}`, { role_id: 5 }, paula)).status).toBe(200);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect(await lastAudit()).toMatchObject({ op_desc: 'update user member quinn in project team' });
      expect((await core.get('/projects/team', quinn)).body).toMatchObject({ current_user_role_id: 5 });
      expect(await tokenActions(quinn)).toEqual(['pull']);
      expect((await core.get(path, quinn)).status).toBe(403);
      expect((await core.put(`${path}/${await idOf('quinn')}`, { role_id: 9 }, paula)).status).toBe(400);
      expect((await core.put(`${path}/${await idOf('quinn')}`, { role_id: 1 }, rosa)).status).toBe(403);
    });

    it('belong to their project only', async () => {
      const id = await idOf('quinn');
      expect((await core.get(`/projects/elsewhere/members/${id}`, paula)).status).toBe(404);
      expect((await core.put(`/projects/elsewhere/members/${id}`, { role_id: 1 }, paula)).status).toBe(404);
      expect((await core.delete(`/projects/elsewhere/members/${id}`, paula)).status).toBe(404);
      expect((await core.get(`${path}/99999999999`, paula)).status).toBe(404);
      expect((await core.get(`${path}/x`, paula)).status).toBe(422);
    });

    it('are removed, and have no rights from then on', async () => {
      const id = await idOf('quinn');
      const before = await readAccessVersion(core.db);
      expect((await core.delete(`${path}/${id}`, rosa)).status).toBe(403);
      expect((await core.delete(`${path}/${id}`, paula)).status).toBe(200);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect(await lastAudit()).toMatchObject({ op_desc: 'delete user member quinn from project team' });
      expect((await core.get('/projects/team', quinn)).status).toBe(403);
      expect(await tokenActions(quinn)).toEqual([]);
      expect((await core.delete(`${path}/${id}`, paula)).status).toBe(404);
    });

    it('is made once when two ask at the same time', async () => {
      const body = { role_id: 2, member_user: { username: 'quinn' } };
      const both = await Promise.all([core.post(path, body, paula), core.post(path, body, paula)]);
      expect(both.map((answer) => answer.status).sort()).toEqual([201, 409]);
    });
  });
}
