import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { basic, makeImage, pushArtifact } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { freePort, OwnPlatform } from '../harness/own-platform.ts';
import { EchoServer } from './echo.server.ts';
import { SecretHunt } from './secret-hunt.ts';

const longMs = 300_000;
const json = 'application/json';

describe('secrets', () => {
  const hunt = new SecretHunt();
  let platform: OwnPlatform;
  let echo: EchoServer;
  let closed: string;

  beforeAll(async () => {
    echo = await EchoServer.start();
    closed = `127.0.0.1:${await freePort()}`;
    platform = await OwnPlatform.start({
      HAVEN_LOG_LEVEL: 'trace',
      HAVEN_OUTBOUND_REACH: 'loopback',
      HAVEN_LOG_FORWARD_LOKI_URL: `http://forwarder:${encodeURIComponent(hunt.secret('password at Loki'))}@${closed}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${closed}`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-token=${encodeURIComponent(hunt.secret('token of the tracer'))}`,
    });
    for (const name of await readdir(join(platform.data, 'secrets'))) hunt.forbid(name, await platform.secret(name));
    await platform.newProject('hidden');
  }, longMs);

  afterAll(async () => {
    await platform.remove();
    await echo.stop();
  }, longMs);

  const ask = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Response> =>
    fetch(`${platform.url}${path}`, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });

  /** Asks the same at every door. */
  async function knock(authorization: string): Promise<void> {
    for (const path of ['/v2/', '/api/v2.0/users/current', '/service/token?service=harbor-registry', '/c/log_out']) {
      await ask('GET', path, { authorization });
    }
  }

  async function logIn(username: string, password: string): Promise<string> {
    await knock(basic(username, password));
    const form = new URLSearchParams({ principal: username, password }).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await ask('POST', '/c/login', type, form);
    const grant = new URLSearchParams({ grant_type: 'password', username, password, service: 'harbor-registry' });
    await ask('POST', '/service/token', type, grant.toString());
    return answer.headers.getSetCookie().join('; ');
  }

  it('of directories and identity providers are tried out', async () => {
    const ldap = { ldap_url: `ldap://${closed}`, ldap_base_dn: 'dc=x', ldap_search_dn: 'cn=reader', ldap_uid: 'uid' };
    const withPassword = { ...ldap, ldap_search_password: hunt.secret('password of the directory') };
    await platform.api('POST', '/ldap/ping', withPassword);
    (await platform.api('PUT', '/configurations', { auth_mode: 'ldap_auth', ...withPassword })).expect(200);
    await logIn('somebody', hunt.secret('password at a directory that is away'));
    const oidc = { auth_mode: 'oidc_auth', oidc_name: 'x', oidc_endpoint: `http://${closed}`, oidc_client_id: 'haven' };
    const secret = { oidc_client_secret: hunt.secret('secret of the client') };
    (await platform.api('PUT', '/configurations', { ...oidc, ...secret, oidc_scope: 'openid' })).expect(200);
    await ask('GET', '/c/oidc/login', {});
    const answered = new URLSearchParams({
      code: hunt.secret('code of a log-in'),
      state: hunt.secret('state of a log-in'),
    });
    await ask('GET', `/c/oidc/callback?${answered.toString()}`, {});
    (await platform.api('PUT', '/configurations', { auth_mode: 'db_auth' })).expect(200);
  });

  it(
    'of users, robots and tokens are used, rightly and wrongly',
    async () => {
      const password = hunt.secret('password of a user');
      const user = { username: 'keeper', realname: 'x', email: 'keeper@example.com' };
      (await platform.api('POST', '/users', { ...user, password })).expect(201);
      await platform.api('POST', '/users', { ...user, password: hunt.secret('password of a second user of the name') });
      hunt.forbid('session', /sid=([^;]{16,})/.exec(await logIn('keeper', password))?.[1] ?? 'no session');
      await logIn('keeper', hunt.secret('wrong password'));
      await logIn(hunt.secret('password as the user name'), 'x');

      const permissions = [
        { kind: 'project', namespace: 'hidden', access: [{ resource: 'repository', action: 'pull' }] },
      ];
      const robot = { name: 'ci', duration: -1, level: 'system', permissions };
      const made = (await platform.api('POST', '/robots', robot)).expect(201).json() as {
        name: string;
        secret: string;
      };
      hunt.forbid('secret of a robot', made.secret);
      await logIn(made.name, made.secret);

      const answer = await ask('GET', '/service/token?service=harbor-registry', {
        authorization: basic('keeper', password),
      });
      const { token } = (await answer.json()) as { token: string };
      hunt.forbid('token', token);
      hunt.forbid('signature of a token', token.split('.')[2] ?? '');
      await knock(`Bearer ${token}`);
      await knock(`Bearer ${token.slice(0, -4)}AAAA`);
      for (const scheme of ['Bearer', 'Basic', 'Harbor-Secret', 'Digest']) {
        await knock(`${scheme} ${hunt.secret(`what ${scheme} is said with`)}`);
      }
      await ask('GET', '/api/v2.0/users/current', { cookie: `sid=${hunt.secret('session that there is not')}` });
      const proxy = { 'proxy-authorization': `Basic ${hunt.secret('password of a proxy')}` };
      await ask('GET', '/v2/', { ...proxy, 'x-harbor-csrf-token': hunt.secret('token against forgery') });
    },
    longMs,
  );

  it(
    'stand where they should not',
    async () => {
      const authorization = basic('admin', 'Harbor12345');
      const headers = { authorization, 'content-type': json };
      const broken = `{"username":"x","password":"${hunt.secret('password in a broken body')}`;
      await ask('POST', '/api/v2.0/users', headers, broken);
      await ask('POST', '/api/v2.0/users', headers, `"${hunt.secret('password instead of a body')}"`);
      await ask(
        'PUT',
        '/v2/hidden/app/manifests/v1',
        headers,
        `{"auths":{"x":{"auth":"${hunt.secret('docker config')}`,
      );
      for (const name of ['token', 'access_token', 'password', 'client_secret', 'code', '_state']) {
        const query = `${name}=${encodeURIComponent(hunt.secret(`${name} in a URL`))}`;
        for (const path of ['/v2/', '/api/v2.0/projects', '/c/login', '/nowhere', '/service/token', '/']) {
          await ask('GET', `${path}?x=1&${query}`, { authorization });
        }
      }
    },
    longMs,
  );

  it(
    'of others are kept, and the others answer with them',
    async () => {
      const url = (what: string): string => `http://user:${encodeURIComponent(hunt.secret(what))}@${closed}`;
      const access_secret = hunt.secret('secret of a registry');
      const credential = { type: 'basic', access_key: 'robot', access_secret };
      const registry = { name: 'other', type: 'docker-registry', url: echo.url, credential, insecure: true };
      (await platform.api('POST', '/registries', registry)).expect(201);
      await platform.api('POST', '/registries', {
        ...registry,
        name: 'in-url',
        url: url('password in the URL of a registry'),
      });
      await platform.api('POST', '/registries', { ...registry, name: 'away', url: `http://${closed}` });
      const [{ id }] = (await platform.api('GET', '/registries')).json() as [{ id: number }];

      const targets = [
        { type: 'http', address: `${echo.url}/hook`, auth_header: `Bearer ${hunt.secret('header of a webhook')}` },
        { type: 'http', address: `http://${closed}/?token=${hunt.secret('token of a webhook')}` },
        { type: 'http', address: url('password in the URL of a webhook') },
      ];
      for (const [number, target] of targets.entries()) {
        const policy = { name: `hook-${number}`, enabled: true, event_types: ['PUSH_ARTIFACT'], targets: [target] };
        await platform.api('POST', '/projects/hidden/webhook/policies', policy);
      }
      echo.isAngry = true;
      await pushArtifact(
        platform.client(),
        'hidden/app',
        await makeImage({ seed: 'hidden', layerBytes: [1_000] }),
        'v1',
      );
      await platform.api('POST', '/registries/ping', { id });
      const to = { name: 'copy', enabled: true, dest_registry: { id }, trigger: { type: 'manual' } };
      (await platform.api('POST', '/replication/policies', to)).expect(201);
      const [policy] = (await platform.api('GET', '/replication/policies')).json() as [{ id: number }];
      await platform.api('POST', '/replication/executions', { policy_id: policy.id });
      await eventually(
        'the tasks have failed',
        () =>
          platform.withDatabase(async (database) => {
            const { rows } = await database.query(`SELECT DISTINCT vendor_type FROM task WHERE status_message <> ''`);
            return rows.length >= 2 ? true : undefined;
          }),
        { timeoutMs: 60_000 },
      );
    },
    longMs,
  );

  it(
    'are on their way while parts are killed',
    async () => {
      const authorization = basic('keeper', hunt.secret('password while nobody can check it'));
      const cookie = `sid=${hunt.secret('session while nobody can look it up')}`;
      for (const part of ['redis', 'core', 'postgres']) {
        await platform.kill(part);
        await ask('GET', '/api/v2.0/users/current', { authorization });
        await ask('GET', '/api/v2.0/users/current', { cookie });
        await ask('GET', `/c/oidc/callback?code=${hunt.secret(`code without ${part}`)}&state=x`, { cookie });
        await ask('GET', '/v2/', { authorization });
        await platform.up();
      }
    },
    longMs,
  );

  it(
    'stand in no log, in no form',
    async () => {
      const tables = ['job_log', 'task', 'execution', 'audit_log_ext'].map((table) =>
        platform.withDatabase(async (database) => {
          const { rows } = await database.query(
            `SELECT row_to_json(${table})::jsonb - 'parameters' AS row FROM ${table}`,
          );
          return hunt.findIn(`table ${table}`, JSON.stringify(rows));
        }),
      );
      const found = (await Promise.all(tables)).flat();
      await platform.down();
      const written = await readFile(join(platform.data, 'log/core.log'), 'utf8');
      expect(written.length).toBeGreaterThan(10_000);
      expect([...found, ...(await hunt.findInFiles(join(platform.data, 'log')))]).toEqual([]);
    },
    longMs,
  );
});
