import { sql } from '@haven/models';
import { directory, groupDn, groupName, type Slapd } from '@haven/testing/ldap';
import { admin, createdId, type CoreApp, type Credentials } from './core-app.js';

/** People and groups that become members before anybody has seen them. */
export function ldapMemberCases(stageOf: () => { core: CoreApp; slapd: Slapd }): void {
  let core: CoreApp;
  let slapd: Slapd;
  const path = '/projects/ldap-members/members';
  const as = (username: string): Credentials => ({ username, password: directory.password });
  const add = (body: object) => core.post(path, { role_id: 3, ...body }, admin);
  const nameOf = async (id: number) => (await core.get(`${path}/${id}`, admin)).body;

  beforeAll(async () => {
    ({ core, slapd } = stageOf());
    await core.createProject('ldap-members');
  });

  it('are looked up by user name, and log in to what they were given', async () => {
    const id = createdId(await add({ member_user: { username: 'USER0201' } }));
    expect(await nameOf(id)).toMatchObject({ entity_name: 'user0201', entity_type: 'u' });
    expect((await core.get('/projects/ldap-members', as('user0201'))).body).toMatchObject({ current_user_role_id: 3 });
    expect((await add({ member_user: { username: 'user0201' } })).status).toBe(409);
    // Who is known is not looked up.
    expect(await slapd.operationsOf(() => add({ member_user: { username: 'user0201' } }))).toEqual([]);
  });

  it('are looked up by the DN or the name of a group', async () => {
    const byDn = createdId(await add({ member_group: { ldap_group_dn: groupDn(groupName(260)).toUpperCase() } }));
    expect(await nameOf(byDn)).toMatchObject({ entity_name: groupName(260), entity_type: 'g' });
    const named = { ldap_group_dn: groupDn(groupName(261)), group_name: 'named-by-us' };
    expect(await nameOf(createdId(await add({ member_group: named })))).toMatchObject({ entity_name: 'named-by-us' });
    const byName = createdId(await add({ member_group: { group_name: groupName(262), group_type: 1 } }));
    expect(await nameOf(byName)).toMatchObject({ entity_name: groupName(262) });
  });

  it.each([
    [404, { member_user: { username: 'nobody-there' } }],
    [404, { member_user: { username: '*' } }],
    [404, { member_user: { username: 'twin' } }],
    [404, { member_user: { username: 'a#1' } }],
    [400, { member_user: { user_id: 999_999 } }],
    [400, { member_group: { ldap_group_dn: groupDn('absent') } }],
    [400, { member_group: { ldap_group_dn: `cn=registry-admins,${directory.elsewhere}` } }],
    [400, { member_group: { ldap_group_dn: 'nonsense' } }],
    [400, { member_group: { group_name: 'absent', group_type: 1 } }],
    [400, { member_group: { group_name: groupName(263), group_type: 3 } }],
  ])('are refused with %i when nobody is meant: %j', async (status, body) => {
    expect((await add(body)).status).toBe(status);
  });

  it('lose what they had by a group that is removed', async () => {
    const group = 'SELECT id FROM user_group WHERE ldap_group_dn = $1';
    const member = createdId(await add({ member_group: { ldap_group_dn: groupDn(groupName(2)) } }));
    expect((await core.get('/projects/ldap-members', as('user0001'))).status).toBe(200);
    const { id } = await core.db.one<{ id: number }>(sql(group, groupDn(groupName(2))));
    expect((await core.delete(`/usergroups/${id}`, admin)).status).toBe(200);
    expect((await core.get('/projects/ldap-members', as('user0001'))).status).toBe(403);
    expect((await core.get(`${path}/${member}`, admin)).status).toBe(404);
  });
}
