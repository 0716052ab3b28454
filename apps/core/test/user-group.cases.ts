import { admin, createdId, type CoreApp, type TestUser } from './core-app.js';

/** Tests of groups of users. */
export function userGroupCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let user: TestUser;

  beforeAll(async () => {
    core = coreOf();
    user = await core.createUser('group-stranger');
  });

  it('are made, found, renamed and removed', async () => {
    const id = createdId(await core.post('/usergroups', { group_name: 'builders', group_type: 3 }, admin));
    expect((await core.get(`/usergroups/${id}`, admin)).body).toEqual({ id, group_name: 'builders', group_type: 3 });
    expect((await core.post('/usergroups', { group_name: 'builders', group_type: 2 }, admin)).status).toBe(409);
    expect((await core.get('/usergroups?group_name=UILD', admin)).body).toMatchObject([{ group_name: 'builders' }]);
    expect((await core.get('/usergroups/search?groupname=build', user)).body).toMatchObject([{ id }]);
    expect((await core.get('/usergroups/search?groupname=none', user)).body).toEqual([]);
    expect((await core.get('/usergroups/search', user)).status).toBe(422);
    expect((await core.put(`/usergroups/${id}`, { group_name: 'masons' }, admin)).status).toBe(200);
    expect((await core.get(`/usergroups/${id}`, admin)).body).toMatchObject({ group_name: 'masons' });
    expect((await core.delete(`/usergroups/${id}`, admin)).status).toBe(200);
    expect((await core.get(`/usergroups/${id}`, admin)).status).toBe(404);
    expect((await core.delete(`/usergroups/${id}`, admin)).status).toBe(404);
  });

  it.each([
    [{}],
    [{ group_name: '', group_type: 3 }],
    [{ group_name: '  ', group_type: 3 }],
    [{ group_name: 'x'.repeat(256), group_type: 3 }],
    [{ group_name: 'x', group_type: 4 }],
    [{ group_name: 'x', group_type: 1, ldap_group_dn: 'cn=x,dc=example' }],
  ])('are refused as %j', async (body) => {
    expect((await core.post('/usergroups', body, admin)).status).toBe(400);
  });

  it('leave their projects when they are removed', async () => {
    const id = createdId(await core.post('/usergroups', { group_name: 'leaving', group_type: 3 }, admin));
    const project = await core.createProject('group-project');
    const member = await core.post(`/projects/${project}/members`, { role_id: 2, member_group: { id } }, admin);
    expect(member.status).toBe(201);
    const names = async () =>
      ((await core.get(`/projects/${project}/members`, admin)).body as { entity_name: string }[]).map(
        ({ entity_name: name }) => name,
      );
    expect(await names()).toEqual(['admin', 'leaving']);
    await core.delete(`/usergroups/${id}`, admin);
    expect(await names()).toEqual(['admin']);
  });
}
