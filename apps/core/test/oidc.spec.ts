import { sql } from '@haven/models';
import { Browser, OidcTestProvider, type Page } from '@haven/testing/oidc';
import { admin, CoreApp, type Credentials } from './core-app.js';

const site = 'http://localhost:8080';
const env = { HAVEN_OUTBOUND_REACH: 'loopback', HAVEN_EXTERNAL_URL: site };

interface Meta {
  secret?: string;
  subiss: string;
}
interface Me {
  user_id: number;
  username: string;
  email?: string;
  sysadmin_flag: boolean;
  admin_role_in_auth: boolean;
  oidc_user_meta?: Meta;
}

const core = await CoreApp.start({ env });
const provider = await OidcTestProvider.start({
  clientId: 'haven',
  clientSecret: 'Secret of the client & more',
  clientUrl: site,
  people: {
    ada: { name: 'Ada Lovelace', preferred_username: 'ada', email: 'ada@example.com', groups: ['dev', 'ops'] },
    bob: { name: 'Bob', preferred_username: 'bob b', groups: 'dev' },
    cleo: { name: 'Cleo', preferred_username: 'cleo', email: 'cleo@example.com', groups: ['chiefs', 'dev'] },
    twin: { name: 'Twin', preferred_username: 'ada', email: 'twin@example.com', groups: [] },
    odd: { name: 'Odd', preferred_username: 'a,b', email: 'odd@example.com', groups: [] },
  },
});

const configure = async (values: object) => {
  const answer = await core.put('/configurations', values, admin);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
};
const settings = {
  oidc_name: 'test',
  oidc_endpoint: provider.issuer,
  oidc_client_id: 'haven',
  oidc_client_secret: 'Secret of the client & more',
  oidc_scope: 'openid,profile,email,groups,offline_access',
  oidc_user_claim: 'preferred_username',
  oidc_groups_claim: 'groups',
  oidc_admin_group: 'chiefs',
  oidc_auto_onboard: true,
};

const newBrowser = () => new Browser({ [site]: (request) => core.visit(request) });
const isHome = (url: URL) => url.origin === site && !url.pathname.startsWith('/c/');
const messageOf = ({ body }: Page) => (JSON.parse(body) as { errors: { message: string }[] }).errors[0]?.message;

/** Goes to the provider, and stops before coming back. @returns where the provider sends the browser */
async function goAndLogIn(browser: Browser, sub: string, path = '/harbor/projects'): Promise<URL> {
  const start = await browser.ask(`${site}/c/oidc/login?redirect_url=${encodeURIComponent(path)}`);
  const form = await browser.follow(start);
  const back = await browser.follow(
    await browser.submit(form, { login: sub, password: 'x' }),
    (url) => url.pathname === '/c/oidc/callback',
  );
  return back.url;
}

/** All the way, to the first page that is not about logging in, or to an error. */
async function logIn(browser: Browser, sub: string, path?: string): Promise<Page> {
  return browser.follow(await browser.ask(await goAndLogIn(browser, sub, path)), isHome);
}

const me = async (browser: Browser): Promise<Me> =>
  JSON.parse((await browser.ask(`${site}/api/v2.0/users/current`)).body) as Me;

/** A user who has logged in, with the secret for the command line. */
async function userOf(sub: string): Promise<Me & { browser: Browser; cli: Credentials }> {
  const browser = newBrowser();
  await logIn(browser, sub);
  const user = await me(browser);
  return { ...user, browser, cli: { username: user.username, password: user.oidc_user_meta?.secret ?? '' } };
}

async function post(browser: Browser, path: string, json: unknown): Promise<Page> {
  const { headers } = await browser.ask(`${site}/c/oidc/callback`);
  return browser.ask(site + path, { method: 'POST', json, headers: csrf(headers) });
}
const csrf = (headers: Page['headers']) => ({ 'x-harbor-csrf-token': String(headers['x-harbor-csrf-token']) });

/** What a token for a repository allows, or the status. */
async function tokenFor(
  as: Credentials | string,
  on: CoreApp = core,
): Promise<number | { sub: string; actions: string[] }> {
  const path = '/service/token?service=harbor-registry&scope=repository:groups/app:pull';
  const answer = await on.call(
    'GET',
    path,
    typeof as === 'string' ? { headers: { authorization: `Bearer ${as}` } } : { as },
  );
  if (answer.status !== 200) return answer.status;
  const [, payload = ''] = (answer.body as { token: string }).token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    sub: string;
    access: { actions: string[] }[];
  };
  return { sub: claims.sub, actions: claims.access[0]?.actions ?? [] };
}

const expire = (userId: number, by: string) =>
  core.db.run(sql(`UPDATE oidc_user SET valid_until = now() - $2::interval WHERE user_id = $1`, userId, by));

beforeAll(async () => {
  await configure({ auth_mode: 'oidc_auth', ...settings });
  await core.createProject('groups');
  await core.db.run(
    sql(`WITH made AS (INSERT INTO user_group (group_name, group_type) VALUES ('dev', 3) RETURNING id)
         INSERT INTO project_member (project_id, entity_id, entity_type, role)
         SELECT project_id, made.id, 'g', 2 FROM project, made WHERE name = 'groups'`),
  );
});
afterAll(async () => {
  await core.stop();
  await provider.stop();
});

describe('a log-in by the provider', () => {
  it('makes a user of whoever comes for the first time, and knows them the next time', async () => {
    const browser = newBrowser();
    const page = await logIn(browser, 'ada', '/harbor/projects/1?tab=x#y');
    expect(page).toMatchObject({ status: 302, location: '/harbor/projects/1?tab=x#y' });
    const ada = await me(browser);
    expect(ada).toMatchObject({
      username: 'ada',
      email: 'ada@example.com',
      sysadmin_flag: false,
      admin_role_in_auth: false,
      oidc_user_meta: { subiss: `ada${provider.issuer}`, user_id: ada.user_id },
    });
    expect(browser.cookie(site, 'haven_oidc_login')).toBeUndefined();
    const again = newBrowser();
    await logIn(again, 'ada');
    expect(await me(again)).toMatchObject({ user_id: ada.user_id });
  });

  it('carries what the provider said of groups', async () => {
    const { browser } = await userOf('ada');
    const projects = await browser.ask(`${site}/api/v2.0/projects?name=groups`);
    expect(JSON.parse(projects.body)).toMatchObject([{ name: 'groups', current_user_role_id: 2 }]);
    const groups = await core.get('/usergroups?page_size=100', admin);
    const names = (groups.body as { group_name: string; group_type: number }[]).map((group) => group.group_name);
    expect(names).toEqual(expect.arrayContaining(['dev', 'ops']));
  });

  it('makes an administrator of whoever is in the admin group', async () => {
    const { browser, user_id: userId } = await userOf('cleo');
    expect(await me(browser)).toMatchObject({ sysadmin_flag: false, admin_role_in_auth: true });
    expect((await browser.ask(`${site}/api/v2.0/users`)).status).toBe(200);
    expect((await core.get(`/users/${userId}`, admin)).body).toMatchObject({ admin_role_in_auth: false });
  });

  it('takes only the groups that the filter lets through', async () => {
    await configure({ oidc_group_filter: '^op' });
    const { browser } = await userOf('ada');
    expect(JSON.parse((await browser.ask(`${site}/api/v2.0/projects?name=groups`)).body)).toEqual([]);
    await configure({ oidc_group_filter: '' });
  });

  it('is written down', async () => {
    await userOf('ada');
    const line = await core.db.one(
      sql('SELECT operation, resource_type, resource, username, op_result FROM audit_log_ext ORDER BY id DESC LIMIT 1'),
    );
    expect(line).toEqual({
      operation: 'login',
      resource_type: 'user',
      resource: 'ada',
      username: 'ada',
      op_result: true,
    });
  });

  it('sends what settings add to the request, and what PKCE asks for', async () => {
    await configure({ oidc_extra_redirect_parms: '{"prompt":"login","acr_values":"x","scope":"none","state":"s"}' });
    const { location = '' } = await newBrowser().ask(`${site}/c/oidc/login`);
    const sent = Object.fromEntries(new URL(location).searchParams);
    expect(sent).toMatchObject({
      prompt: 'login',
      acr_values: 'x',
      scope: 'openid profile email groups offline_access',
      redirect_uri: `${site}/c/oidc/callback`,
      response_type: 'code',
      code_challenge_method: 'S256',
    });
    expect(sent['state']).toMatch(/^[\w-]{43}$/);
    expect(sent['code_challenge']).toMatch(/^[\w-]{43}$/);
    await configure({ oidc_extra_redirect_parms: '{}' });
  });

  it.each([
    ['a name that somebody has', 'twin', 409],
    ['a name that cannot be one', 'odd', 400],
  ])('fails with %s', async (_what, sub, status) => {
    const browser = newBrowser();
    expect((await logIn(browser, sub)).status).toBe(status);
    expect((await browser.ask(`${site}/api/v2.0/users/current`)).status).toBe(401);
  });
});

describe('whoever comes back from the provider', () => {
  it('without having been sent there is not let in', async () => {
    const url = await goAndLogIn(newBrowser(), 'ada');
    const page = await newBrowser().ask(url);
    expect([page.status, messageOf(page)]).toEqual([400, 'State mismatch']);
  });

  it.each(['state=x&code=y', 'code=y', ''])('with ?%s is not let in', async (query) => {
    const browser = newBrowser();
    await browser.ask(`${site}/c/oidc/login`);
    const page = await browser.ask(`${site}/c/oidc/callback?${query}`);
    expect([page.status, messageOf(page)]).toEqual([400, 'State mismatch']);
  });

  it('with a cookie that somebody has changed is not let in', async () => {
    const browser = newBrowser();
    const url = await goAndLogIn(browser, 'ada');
    const cookie = browser.cookie(site, 'haven_oidc_login') ?? '';
    const other = cookie.at(-5) === 'A' ? 'B' : 'A';
    browser.setCookie(site, 'haven_oidc_login', cookie.slice(0, -5) + other + cookie.slice(-4));
    expect(await browser.ask(url)).toMatchObject({ status: 400 });
  });

  it('a second time with the same code is not let in', async () => {
    const browser = newBrowser();
    const url = await goAndLogIn(browser, 'ada');
    const cookie = browser.cookie(site, 'haven_oidc_login') ?? '';
    expect((await browser.ask(url)).status).toBe(302);
    expect(messageOf(await browser.ask(url))).toBe('State mismatch');
    const thief = newBrowser();
    thief.setCookie(site, 'haven_oidc_login', cookie);
    const page = await thief.ask(url);
    expect([page.status, messageOf(page)]).toEqual([400, expect.stringContaining('invalid_grant')]);
    expect((await thief.ask(`${site}/api/v2.0/users/current`)).status).toBe(401);
  });

  it("with somebody else's code is not let in", async () => {
    const [victim, thief] = [newBrowser(), newBrowser()];
    const url = await goAndLogIn(victim, 'ada');
    const own = await goAndLogIn(thief, 'bob');
    own.searchParams.set('code', url.searchParams.get('code') ?? '');
    const page = await thief.ask(own);
    expect([page.status, messageOf(page)]).toEqual([400, expect.stringContaining('invalid_grant')]);
  });

  it('with an error is told of it', async () => {
    const browser = newBrowser();
    const { location = '' } = await browser.ask(`${site}/c/oidc/login`);
    const state = new URL(location).searchParams.get('state') ?? '';
    const query = `state=${state}&error=access_denied&error_description=${'no '.repeat(500)}&iss=${provider.issuer}`;
    const page = await browser.ask(`${site}/c/oidc/callback?${query}`);
    expect(page.status).toBe(400);
    expect(messageOf(page)).toMatch(/^OIDC: access_denied - no no/);
    expect(page.body.length).toBeLessThan(600);
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/a\nb', '%2F%2Fevil.example'])(
    'is never sent on to %j',
    async (path) => {
      const page = await newBrowser().ask(`${site}/c/oidc/login?redirect_url=${encodeURIComponent(path)}`);
      expect(page.status).toBe(400);
    },
  );
});

describe('where nobody becomes a user by himself', () => {
  beforeAll(() => configure({ oidc_auto_onboard: false }));
  afterAll(() => configure({ oidc_auto_onboard: true }));

  it('a name is chosen once', async () => {
    const browser = newBrowser();
    const page = await logIn(browser, 'bob', '/harbor/x');
    expect(page.location).toBe('/oidc-onboard?username=bob_b&redirect_url=%2Fharbor%2Fx');
    expect((await browser.ask(`${site}/api/v2.0/users/current`)).status).toBe(401);
    expect((await post(browser, '/c/oidc/onboard', { username: 'ada' })).status).toBe(409);
    expect((await post(browser, '/c/oidc/onboard', { username: 'b$b' })).status).toBe(400);
    expect((await browser.ask(`${site}/c/oidc/onboard`, { method: 'POST', json: { username: 'bob' } })).status).toBe(
      403,
    );
    expect((await post(browser, '/c/oidc/onboard', { username: 'bob' })).status).toBe(200);
    expect(await me(browser)).toMatchObject({ username: 'bob', oidc_user_meta: { subiss: `bob${provider.issuer}` } });
    expect(JSON.parse((await browser.ask(`${site}/api/v2.0/projects?name=groups`)).body)).toHaveLength(1);
    expect((await post(browser, '/c/oidc/onboard', { username: 'bob2' })).status).toBe(400);

    const again = newBrowser();
    expect((await logIn(again, 'bob', '/harbor/y')).location).toBe('/harbor/y');
  });

  it('a name is chosen by nobody who has not been at the provider', async () => {
    const browser = newBrowser();
    browser.setCookie(site, 'haven_oidc_onboarding', 'x'.repeat(43));
    expect((await post(browser, '/c/oidc/onboard', { username: 'eve' })).status).toBe(400);
  });
});

describe('name and password', () => {
  const form = (browser: Browser, principal: string, password: string) =>
    browser
      .ask(`${site}/c/oidc/login`)
      .then(({ headers }) =>
        browser.ask(`${site}/c/login`, { method: 'POST', form: { principal, password }, headers: csrf(headers) }),
      );

  it('still let the first administrator in', async () => {
    expect((await form(newBrowser(), admin.username, admin.password)).status).toBe(200);
    expect((await core.get('/users/current', admin)).status).toBe(200);
  });

  it.each(['ada', 'nobody'])('send %s to the provider', async (username) => {
    const page = await form(newBrowser(), username, 'Passw0rd-x');
    expect(page.status).toBe(403);
    expect(JSON.parse(page.body)).toEqual({ redirect_location: `${site}/c/oidc/login` });
  });

  it('are nothing that administrators can give', async () => {
    const { user_id: userId } = await userOf('ada');
    const profile = { email: 'x@example.com', realname: 'x', comment: '' };
    expect((await core.post('/users', { ...profile, username: 'x', password: 'Passw0rd-x' }, admin)).status).toBe(403);
    expect((await core.put(`/users/${userId}`, profile, admin)).status).toBe(403);
  });
});

describe('the secret for the command line', () => {
  it('opens the registry, and nothing that only a person needs', async () => {
    const { cli } = await userOf('ada');
    expect(await tokenFor(cli)).toEqual({ sub: 'ada', actions: expect.arrayContaining(['pull', 'push']) as string[] });
    expect((await core.get('/projects?name=groups', cli)).body).toHaveLength(1);
    expect((await core.get('/projects/groups/repositories', cli)).status).toBe(200);
    expect((await core.get('/users/current', cli)).status).toBe(401);
    expect((await core.get('/projects/groups', cli)).status).toBe(401);
    expect(await tokenFor({ ...cli, password: 'Wr0ng-secret' })).toMatchObject({ sub: '', actions: [] });
  });

  it('is set by its user, or made anew', async () => {
    const { cli, user_id: userId, browser } = await userOf('ada');
    const set = async (secret: string) => {
      const { headers } = await browser.ask(`${site}/api/v2.0/users/current`);
      const path = `${site}/api/v2.0/users/${userId}/cli_secret`;
      return (await browser.ask(path, { method: 'PUT', json: { secret }, headers: csrf(headers) })).status;
    };
    expect(await set('weak')).toBe(400);
    expect(await set('Ch0sen-secret')).toBe(200);
    expect(await tokenFor({ username: 'ada', password: 'Ch0sen-secret' })).toMatchObject({ sub: 'ada' });
    expect(await tokenFor(cli)).toMatchObject({ sub: '' });
    expect(await set('')).toBe(200);
    const made = (await me(browser)).oidc_user_meta?.secret ?? '';
    expect(made).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{32,}$/);
    expect(await tokenFor({ username: 'ada', password: made })).toMatchObject({ sub: 'ada' });
  });

  it('is shown to nobody else, and only users of the provider have one', async () => {
    const { user_id: userId } = await userOf('ada');
    const meta = ((await core.get(`/users/${userId}`, admin)).body as Me).oidc_user_meta;
    expect(meta).toMatchObject({ subiss: `ada${provider.issuer}` });
    expect(meta).not.toHaveProperty('secret');
    expect((await core.put('/users/1/cli_secret', { secret: '' }, admin)).status).toBe(412);
    const { cli } = await userOf('bob');
    expect((await core.put(`/users/${userId}/cli_secret`, { secret: '' }, cli)).status).toBe(401);
  });
});

describe('what the provider said', () => {
  it('is asked for anew once it has run out, by one for all', async () => {
    const other = await CoreApp.start({ on: core, env });
    const { cli, user_id: userId } = await userOf('ada');
    await expire(userId, '1 second');
    const answers = await Promise.all(Array.from({ length: 12 }, (_, turn) => tokenFor(cli, turn % 2 ? core : other)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ sub: 'ada', actions: expect.arrayContaining(['push']) as string[] });
    // A refresh token that two had used would be worth nothing by now.
    await expire(userId, '1 second');
    expect(await tokenFor(cli)).toMatchObject({ sub: 'ada' });
    await other.stop();
  });

  it('changes with it', async () => {
    const { cli, user_id: userId } = await userOf('cleo');
    expect(await tokenFor(cli)).toMatchObject({ actions: expect.arrayContaining(['delete']) as string[] });
    await provider.change('cleo', { preferred_username: 'cleo', email: 'cleo@example.com', groups: [] });
    await expire(userId, '1 second');
    expect(await tokenFor(cli)).toEqual({ sub: 'cleo', actions: [] });
  });

  it('ends with the account there', async () => {
    const { cli, user_id: userId } = await userOf('bob');
    await provider.withdraw('bob');
    expect(await tokenFor(cli)).toMatchObject({ sub: 'bob' });
    await expire(userId, '1 second');
    expect(await tokenFor(cli)).toMatchObject({ sub: '', actions: [] });
    expect(await core.db.one(sql('SELECT token FROM oidc_user WHERE user_id = $1', userId))).toEqual({ token: '' });
  });
});

describe('an ID token of the provider', () => {
  let idToken: string;

  beforeAll(async () => {
    await configure({ oidc_logout: true });
    const { browser } = await userOf('ada');
    const { location = '' } = await browser.ask(`${site}/c/oidc/logout`);
    expect(location).toMatch(new RegExp(`^${provider.issuer}/session/end\\?`));
    const sent = new URL(location).searchParams;
    expect(sent.get('post_logout_redirect_uri')).toBe(`${site}/`);
    expect((await browser.ask(`${site}/api/v2.0/users/current`)).status).toBe(401);
    idToken = sent.get('id_token_hint') ?? '';
    await configure({ oidc_logout: false });
  });

  const current = (token: string) =>
    core.call('GET', '/api/v2.0/users/current', { headers: { authorization: `Bearer ${token}` } });

  it('is as good as its user', async () => {
    expect(await current(idToken)).toMatchObject({ status: 200, body: { username: 'ada' } });
    expect(await tokenFor(idToken)).toMatchObject({
      sub: 'ada',
      actions: expect.arrayContaining(['push']) as string[],
    });
  });

  it('that anybody has touched is worth nothing', async () => {
    const [header = '', payload = '', signature = ''] = idToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      `${header}.${encode({ ...claims, sub: 'cleo' })}.${signature}`,
      `${encode({ alg: 'none' })}.${payload}.`,
      `${encode({ alg: 'none' })}.${payload}.${signature}`,
      `${encode({ alg: 'HS256' })}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      'a.b.c',
      'nonsense',
    ];
    for (const token of forged) expect((await current(token)).status).toBe(401);
  });

  it('for another client, or of another provider, is worth nothing', async () => {
    await configure({ oidc_client_id: 'other' });
    expect((await current(idToken)).status).toBe(401);
    await configure({ oidc_client_id: 'haven' });
    expect((await current(idToken)).status).toBe(200);
  });
});

describe('a user who is deleted', () => {
  it('comes back as somebody new', async () => {
    const before = await userOf('ada');
    expect((await core.delete(`/users/${before.user_id}`, admin)).status).toBe(200);
    expect((await before.browser.ask(`${site}/api/v2.0/users/current`)).status).toBe(401);
    expect(await tokenFor(before.cli)).toMatchObject({ sub: '' });
    expect((await userOf('ada')).user_id).toBeGreaterThan(before.user_id);
  });
});

describe('POST /system/oidc/ping', () => {
  const ping = (url: string, as?: Credentials) => core.post('/system/oidc/ping', { url, verify_cert: true }, as);

  it('finds the provider, or says what is wrong', async () => {
    expect((await ping(provider.issuer, admin)).status).toBe(200);
    for (const [url, what] of [
      ['http://127.0.0.1:1', 'cannot be reached'],
      ['http://169.254.169.254/latest', 'HAVEN_OUTBOUND_REACH'],
      ['not a url', 'Invalid URL'],
      ['file:///etc/passwd', 'HTTP'],
      [`${provider.issuer}/nowhere`, 'HTTP response'],
    ] as const) {
      const answer = await ping(url, admin);
      expect([url, answer.status, JSON.stringify(answer.body)]).toEqual([url, 400, expect.stringContaining(what)]);
    }
  });

  it('is for administrators', async () => {
    expect((await ping(provider.issuer)).status).toBe(401);
  });
});

describe('a provider that tells groups only when asked', () => {
  it('is asked', async () => {
    const shy = await OidcTestProvider.start({
      clientId: 'haven',
      clientSecret: 'Secret of the client & more',
      clientUrl: site,
      claimsInUserinfoOnly: true,
      people: { dora: { preferred_username: 'dora', email: 'dora@example.com', groups: ['dev'] } },
    });
    await configure({ oidc_endpoint: shy.issuer });
    const { browser, cli } = await userOf('dora');
    expect(JSON.parse((await browser.ask(`${site}/api/v2.0/projects?name=groups`)).body)).toHaveLength(1);
    expect(await tokenFor(cli)).toMatchObject({ sub: 'dora', actions: expect.arrayContaining(['push']) as string[] });
    await configure({ oidc_endpoint: provider.issuer });
    await shy.stop();
  });
});

describe('while the provider is away', () => {
  let user: Awaited<ReturnType<typeof userOf>>;

  beforeAll(async () => {
    user = await userOf('ada');
    await provider.stop();
  });

  it('sessions and secrets hold, and what it said a while ago', async () => {
    expect(await me(user.browser)).toMatchObject({ username: 'ada' });
    expect(await tokenFor(user.cli)).toMatchObject({ sub: 'ada' });
    await expire(user.user_id, '29 minutes');
    expect(await tokenFor(user.cli)).toMatchObject({ sub: 'ada' });
  });

  it('what it said long ago does not, which is no wrong password', async () => {
    await expire(user.user_id, '31 minutes');
    expect(await tokenFor(user.cli)).toBe(503);
  });

  it('whoever wants to log in is told, as soon as that is known', async () => {
    const fresh = await CoreApp.start({ on: core, env });
    const browser = new Browser({ [site]: (request) => fresh.visit(request) });
    const page = await browser.ask(`${site}/c/oidc/login`);
    expect([page.status, messageOf(page)]).toEqual([503, expect.stringContaining('cannot be reached')]);
    await fresh.stop();
  });

  it('whoever comes back from it is asked to come again', async () => {
    const browser = newBrowser();
    const { location = '' } = await browser.ask(`${site}/c/oidc/login`);
    const query = `code=x&iss=${provider.issuer}&state=${new URL(location).searchParams.get('state') ?? ''}`;
    expect((await browser.ask(`${site}/c/oidc/callback?${query}`)).status).toBe(503);
  });

  it('a log-out ends the session all the same', async () => {
    await configure({ oidc_logout: true });
    const page = await user.browser.ask(`${site}/c/oidc/logout`);
    expect(page.status).toBe(302);
    expect((await user.browser.ask(`${site}/api/v2.0/users/current`)).status).toBe(401);
  });
});

describe('once the provider is back', () => {
  it('people log in again, and secrets come back to life with that', async () => {
    await provider.restart();
    const { cli, username } = await userOf('ada');
    expect(username).toBe('ada');
    expect(await tokenFor(cli)).toMatchObject({ sub: 'ada' });
  });
});

describe('in another mode', () => {
  it('there is no log-in by a provider', async () => {
    await core.configure({ auth_mode: 'db_auth' });
    for (const path of ['login', 'callback', 'logout']) {
      expect((await newBrowser().ask(`${site}/c/oidc/${path}`)).status).toBe(412);
    }
  });
});
