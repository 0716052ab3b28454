import { directory, groupDn, groupName, userDn, type Slapd } from '@haven/testing/ldap';
import { admin, createdId, type CoreApp } from './core-app.js';

/** What administrators do with the directory. */
export function ldapApiCases(stageOf: () => { core: CoreApp; slapd: Slapd }): void {
  let core: CoreApp;
  let slapd: Slapd;

  beforeAll(() => {
    ({ core, slapd } = stageOf());
  });

  describe('ping', () => {
    const ping = async (conf: unknown) => (await core.post('/ldap/ping', conf, admin)).body;

    it('tries what is set, or what is given', async () => {
      expect(await core.post('/ldap/ping', undefined, admin)).toMatchObject({ status: 200, body: { success: true } });
      expect(await ping({})).toEqual({ success: true });
      expect(await ping({ ldap_search_password: '', ldap_url: slapd.url.slice(7) })).toEqual({ success: true });
      expect(await ping({ ldap_url: slapd.tlsUrl, ldap_verify_cert: true })).toEqual({ success: true });
    });

    it.each([
      ['search account', { ldap_search_password: 'wrong' }],
      ['base DN', { ldap_base_dn: 'dc=elsewhere' }],
      ['does not answer', { ldap_url: 'ldap://127.0.0.1:1' }],
      ['missing or wrong', { ldap_url: 'http://127.0.0.1' }],
    ])('says what is wrong: %s', async (message, conf) => {
      expect(await ping(conf)).toEqual({ message: expect.stringContaining(message) as unknown });
    });

    it('refuses what is none of the settings', async () => {
      expect((await core.post('/ldap/ping', { ldap_scope: 3 }, admin)).status).toBe(422);
      expect((await core.post('/ldap/ping', { ldap_url: 1 }, admin)).status).toBe(400);
    });
  });

  describe('a search', () => {
    it('finds people by their user name, and all of them page by page', async () => {
      const one = await core.get('/ldap/users/search?username=user0042', admin);
      expect(one.body).toEqual([{ username: 'user0042', realname: 'User 42', email: 'user0042@example.org' }]);
      expect((await core.get('/ldap/users/search?username=*', admin)).body).toEqual([]);
      const all = (await core.get('/ldap/users/search', admin)).body as { username: string }[];
      expect(all.length).toBeGreaterThan(directory.userCount);
      expect(new Set(all.map(({ username }) => username)).size).toBeGreaterThanOrEqual(directory.userCount);
    });

    it('finds groups by name or DN, and all of them', async () => {
      const group = { group_name: 'group042', group_type: 1, ldap_group_dn: groupDn('group042') };
      expect((await core.get('/ldap/groups/search?groupname=group042', admin)).body).toEqual([group]);
      const dn = encodeURIComponent(groupDn('group042').replaceAll(',', ' , ').toUpperCase());
      expect((await core.get(`/ldap/groups/search?groupdn=${dn}`, admin)).body).toEqual([group]);
      expect((await core.get('/ldap/groups/search?groupname=*', admin)).body).toEqual([]);
      expect((await core.get('/ldap/groups/search?groupdn=nonsense', admin)).status).toBe(400);
      const outside = encodeURIComponent(`cn=registry-admins,${directory.elsewhere}`);
      expect((await core.get(`/ldap/groups/search?groupdn=${outside}`, admin)).body).toEqual([]);
      const person = encodeURIComponent(userDn('user0001'));
      expect((await core.get(`/ldap/groups/search?groupdn=${person}`, admin)).body).toEqual([]);
      const all = (await core.get('/ldap/groups/search', admin)).body as unknown[];
      expect(all).toHaveLength(directory.groupCount + 4);
    });
  });

  describe('an import', () => {
    const importUsers = (uids: unknown) => core.post('/ldap/users/import', { ldap_uid_list: uids }, admin);

    it('makes accounts, with one query for all of them', async () => {
      const operations = await slapd.operationsOf(async () => {
        expect((await importUsers(['user0101', 'user0102', 'USER0103'])).status).toBe(200);
      });
      expect(operations.filter((line) => line.startsWith('SRCH'))).toHaveLength(1);
      const found = await core.get('/users/search?username=user010', admin);
      expect(found.body).toMatchObject([{ username: 'user0101' }, { username: 'user0102' }, { username: 'user0103' }]);
      expect((await importUsers(['user0101'])).status).toBe(200);
    });

    it('says who could not be imported, and imports the others', async () => {
      const { status, body } = await importUsers(['user0104', 'nobody-there', '', 'twin', 'admin', '*']);
      expect(status).toBe(404);
      expect(body).toEqual([
        { uid: 'nobody-there', error: 'unknown_user' },
        { error: 'empty_uid' },
        { uid: 'twin', error: 'more than one entry has this name' },
        { uid: 'admin', error: 'this name cannot be the name of a user' },
        { uid: '*', error: 'unknown_user' },
      ]);
      expect((await core.get('/users/search?username=user0104', admin)).body).toHaveLength(1);
      expect((await importUsers(Array<string>(1_001).fill('x'))).status).toBe(422);
      expect((await importUsers('user0105')).status).toBe(400);
    });
  });

  it('make a group of the directory known, once, if the directory has it', async () => {
    const create = (name: string, dn: string) =>
      core.post('/usergroups', { group_name: name, group_type: 1, ldap_group_dn: dn }, admin);
    const id = createdId(await create('our-name', groupDn(groupName(250)).toUpperCase()));
    expect((await core.get(`/usergroups/${id}`, admin)).body).toEqual({
      ...{ id, group_name: 'our-name', group_type: 1 },
      ldap_group_dn: groupDn(groupName(250)),
    });
    expect((await create('another-name', groupDn(groupName(250)))).status).toBe(409);
    expect((await create('our-name', groupDn(groupName(251)))).status).toBe(409);
    expect((await create('absent', groupDn('absent'))).status).toBe(400);
    expect((await create('outside', `cn=registry-admins,${directory.elsewhere}`)).status).toBe(400);
    expect((await create('nonsense', 'nonsense')).status).toBe(400);
    expect((await create('nothing', '')).status).toBe(400);
  });
}
