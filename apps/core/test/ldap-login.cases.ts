import { sql } from '@haven/models';
import { directory, groupDn, groupName, personEntry, Slapd, userDn, userName } from '@haven/testing/ldap';
import { Browser } from '@haven/testing/oidc';
import { admin, type CoreApp, type Credentials } from './core-app.js';

const site = 'http://localhost:8080';
const as = (username: string, password: string = directory.password): Credentials => ({ username, password });

/** Who people are and what they may do, by the directory. */
export function ldapLoginCases(stageOf: () => { core: CoreApp; slapd: Slapd }): void {
  let core: CoreApp;
  let slapd: Slapd;

  const current = (username: string, password?: string) => core.get('/users/current', as(username, password));
  /** Names of all groups that are known. */
  const knownGroups = async () => {
    const rows = await core.db.rows<{ name: string }>(sql('SELECT group_name AS name FROM user_group ORDER BY id'));
    return rows.map(({ name }) => name);
  };
  const set = async (values: Readonly<Record<string, unknown>>) => {
    expect((await core.put('/configurations', values, admin)).status).toBe(200);
  };

  /** Other settings are another directory, of which nothing is remembered. */
  let timeout = 10;
  const forget = () => set({ ldap_timeout: (timeout += 1) });

  beforeAll(() => {
    ({ core, slapd } = stageOf());
  });

  it('with a hundred groups is one bind as the user and one query for the groups', async () => {
    const operations = await slapd.operationsOf(async () => {
      expect(await current('user0001')).toMatchObject({
        status: 200,
        body: { username: 'user0001', realname: 'User 1', email: 'user0001@example.org', comment: 'from LDAP.' },
      });
    });
    const binds = operations.filter((line) => line.startsWith('BIND'));
    expect(binds.filter((line) => line.includes('user0001'))).toHaveLength(1);
    expect(binds).toHaveLength(3);
    expect(operations.filter((line) => line.startsWith(`SRCH base="${directory.groups}"`))).toHaveLength(1);
    // The user, the server's abilities (once an hour), the groups, and what passport-ldapauth looks up once more.
    expect(operations.filter((line) => line.startsWith('SRCH'))).toHaveLength(4);
    expect((await knownGroups()).sort()).toEqual(Array.from({ length: 100 }, (_none, index) => groupName(index + 1)));
  });

  it('is remembered for the requests that follow, and is one where many come together', async () => {
    const again = await slapd.operationsOf(() => current('user0001'));
    expect(again).toEqual([]);
    const together = await slapd.operationsOf(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => current('user0005')));
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
    });
    expect(together.filter((line) => line.includes('BIND dn="uid=user0005'))).toHaveLength(1);
  });

  it('finds one account, however the name is spelled', async () => {
    expect((await current('USER0006')).body).toMatchObject({ username: 'user0006' });
    expect((await current('user0006')).body).toMatchObject({ username: 'user0006' });
  });

  it.each([["o'star(*)\\x"], ['josé']])(
    'works for %s, whose name and entry mean something in filters and names',
    async (name) => {
      expect(await current(name)).toMatchObject({ status: 200, body: { username: name } });
    },
  );

  it('lets nobody in by a name that would be more than a name', async () => {
    const names = [
      '*',
      'user00*',
      'user0001)(uid=*',
      '*)(|(uid=*',
      "x$'",
      '$&',
      '{{username}}',
      '\\2a',
      'user0001\\00',
      ' ',
    ];
    const answers = await Promise.all(names.map((name) => current(name)));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 401));
  });

  it('refuses wrong passwords, and whoever is not one person of the directory', async () => {
    const attempts: [string, string][] = [
      ['user0007', 'wrong'],
      ['user0008', ''],
      ['nobody-there', directory.password],
      ['twin', directory.password],
      ['x'.repeat(4_000), directory.password],
    ];
    const answers = await Promise.all(attempts.map(([name, password]) => current(name, password)));
    expect(answers.map(({ status }) => status)).toEqual(attempts.map(() => 401));
  });

  it('makes nobody the first administrator, the anonymous user or a user with a name that users cannot have', async () => {
    const names = ['Admin', 'ADMIN', 'anonymous', 'Anonymous', 'a#1'];
    const answers = await Promise.all(names.map((name) => current(name)));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 401));
    // By name it is the local one, with the local password only.
    expect((await current('admin')).status).toBe(401);
    expect((await current('admin', admin.password)).body).toMatchObject({ user_id: 1, email: 'admin@example.com' });
  });

  it('gives an address to the first of two who share it', async () => {
    expect((await current('ann')).body).toMatchObject({ email: 'shared@example.org' });
    const ben = (await current('ben')).body;
    expect(ben).toMatchObject({ username: 'ben', realname: 'Ben' });
    expect(ben).not.toHaveProperty('email');
  });

  it('makes system administrators of the members of the admin group, for that log-in', async () => {
    expect((await current('user0003')).body).toMatchObject({ sysadmin_flag: false, admin_role_in_auth: true });
    expect((await core.get('/users', as('user0003'))).status).toBe(200);
    expect((await core.get('/users', as('user0005'))).status).toBe(403);
    expect(await knownGroups()).not.toContain('registry-admins');
    await set({ ldap_group_admin_dn: '' });
    expect((await core.get('/users', as('user0003'))).status).toBe(403);
    // Groups need not count for it.
    await set({ ldap_group_admin_dn: `cn=registry-admins,${directory.elsewhere}`, ldap_group_search_filter: '' });
    expect((await core.get('/users', as('user0003'))).status).toBe(200);
    await set({ ldap_group_search_filter: '(objectClass=groupOfNames)' });
  });

  it.each([
    ['what the entries say', 'memberOf', 4],
    ['what the groups list', 'description', 5],
  ])('finds groups within groups, in a circle, by %s', async (_how, attribute, most) => {
    await set({ ldap_group_membership_attribute: attribute });
    await core.db.run(sql("DELETE FROM user_group WHERE group_name IN ('inner', 'middle', 'outer')"));
    const operations = await slapd.operationsOf(() => current('user0002'));
    expect(await knownGroups()).toEqual(expect.arrayContaining(['inner', 'middle', 'outer']));
    const queries = operations.filter((line) => line.startsWith(`SRCH base="${directory.groups}"`));
    expect(queries.length).toBeLessThanOrEqual(most);
    await set({ ldap_group_membership_attribute: 'memberOf' });
  });

  it('leaves the levels to Active Directory, in one query', async () => {
    const other = await Slapd.start({ saysItIsActiveDirectory: true });
    await set({ ldap_url: other.url });
    const operations = await other.operationsOf(() => current('user0002'));
    const queries = operations.filter((line) => line.startsWith(`SRCH base="${directory.groups}"`));
    // To OpenLDAP, the rule that goes through the levels is undefined.
    expect(queries).toEqual([expect.stringContaining('(?=undefined)')]);
    await set({ ldap_url: slapd.url });
    await other.stop();
  });

  it('names a group by its DN when another one has its name, and looks as deep as is set', async () => {
    const dn = `cn=${groupName(1)},ou=branch,${directory.groups}`;
    await current('user0004');
    expect(await knownGroups()).toContain(dn);
    const found = await core.get(`/usergroups?ldap_group_dn=${encodeURIComponent(dn.toUpperCase())}`, admin);
    expect(found.body).toMatchObject([{ group_name: dn, group_type: 1, ldap_group_dn: dn }]);
    await core.db.run(sql('DELETE FROM user_group WHERE ldap_group_dn = $1', dn));
    // It is two levels below the base.
    await set({ ldap_group_search_scope: 1 });
    expect((await current('user0004')).status).toBe(200);
    expect(await knownGroups()).not.toContain(dn);
    await set({ ldap_group_search_scope: 2 });
  });

  it('adds what two log-ins find at the same moment once', async () => {
    await core.db.run(sql('DELETE FROM user_group'));
    const users = ['user0001', ...Array.from({ length: 30 }, (_none, index) => userName(20 + index))];
    await forget();
    const answers = await Promise.all(users.map((name) => current(name)));
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 200));
    const names = await knownGroups();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining([groupName(1), groupName(100)]));
  });

  it('gives rights by memberships of groups, to docker and in sessions too', async () => {
    const project = await core.createProject('ldap-grouped');
    const body = { role_id: 2, member_group: { ldap_group_dn: groupDn(groupName(1)) } };
    expect((await core.post(`/projects/${project}/members`, body, admin)).status).toBe(201);
    expect((await core.get('/projects/ldap-grouped', as('user0001'))).body).toMatchObject({ current_user_role_id: 2 });
    expect((await core.get('/projects/ldap-grouped', as('user0005'))).status).toBe(403);
    const scope = 'service=harbor-registry&scope=repository:ldap-grouped/app:pull,push';
    const { body: token } = await core.call('GET', `/service/token?${scope}`, { as: as('user0001') });
    const claims = Buffer.from((token as { token: string }).token.split('.')[1] ?? '', 'base64url').toString();
    expect((JSON.parse(claims) as { access: unknown[] }).access).toMatchObject([{ actions: ['pull', 'push'] }]);
    const browser = new Browser({ [site]: (request) => core.visit(request) });
    const { headers } = await browser.ask(`${site}/c/log_out`);
    const login = { form: { principal: 'user0001', password: directory.password } };
    const csrf = { 'x-harbor-csrf-token': String(headers['x-harbor-csrf-token']) };
    expect((await browser.ask(`${site}/c/login`, { method: 'POST', ...login, headers: csrf })).status).toBe(200);
    const { body: page } = await browser.ask(`${site}/api/v2.0/projects/ldap-grouped`);
    expect(JSON.parse(page)).toMatchObject({ current_user_role_id: 2 });
  });

  it('makes a new account when the old one was deleted here, at once', async () => {
    const { user_id: first } = (await current('user0009')).body as { user_id: number };
    expect((await core.delete(`/users/${first}`, admin)).status).toBe(200);
    const { user_id: second } = (await current('user0009')).body as { user_id: number };
    expect(second).toBeGreaterThan(first);
  });

  it('follows the directory: a new password, a new name, an entry that is gone', async () => {
    await slapd.add(personEntry(userDn('carol'), 'carol', 'Carol', 'carol@example.org'));
    expect((await current('carol')).body).toMatchObject({ realname: 'Carol', email: 'carol@example.org' });
    await slapd.changePassword(userDn('carol'), 'Another-Passw0rd');
    expect((await current('carol', 'Another-Passw0rd')).status).toBe(200);
    await slapd.remove(userDn('carol'));
    await slapd.add(personEntry(userDn('carol'), 'carol', 'Carol Married', 'married@example.org'));
    await forget();
    expect((await current('carol')).body).toMatchObject({ realname: 'Carol Married', email: 'married@example.org' });
    await slapd.remove(userDn('carol'));
    await forget();
    expect((await current('carol')).status).toBe(401);
  });

  it('leaves an audit row for a new account, and no password anywhere', async () => {
    const rows = await core.db.rows<{ resource: string; username: string }>(
      sql("SELECT resource, username FROM audit_log_ext WHERE operation = 'create' AND resource = 'user0001'"),
    );
    expect(rows).toEqual([{ resource: 'user0001', username: 'user0001' }]);
    const passwords = sql("SELECT count(*) AS count FROM harbor_user WHERE comment = 'from LDAP.' AND password <> ''");
    expect(await core.db.one(passwords)).toEqual({ count: 0 });
  });

  it('is the only way in: accounts are not made or changed here', async () => {
    const body = { username: 'local', password: 'Passw0rd-local', email: 'local@example.org', realname: 'Local' };
    expect((await core.post('/users', body, admin)).status).toBe(403);
    const { user_id: id } = (await current('user0005')).body as { user_id: number };
    const passwords = { old_password: directory.password, new_password: 'Passw0rd-new' };
    expect((await core.put(`/users/${id}/password`, passwords, as('user0005'))).status).toBe(403);
    const profile = { email: 'x@example.org', realname: 'X', comment: '' };
    expect((await core.put(`/users/${id}`, profile, as('user0005'))).status).toBe(403);
    expect((await core.put('/users/1', { ...profile, email: 'first@example.org' }, admin)).status).toBe(200);
  });
}
