import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from '@haven/models';
import { admin, CoreApp, type TestUser } from './core-app.js';

type Items = Record<string, { value: unknown; editable: boolean }>;

const core = await CoreApp.start();
const read = async (): Promise<Items> => (await core.get('/configurations', admin)).body as Items;
const put = (body: unknown) => core.put('/configurations', body, admin);

afterAll(() => core.stop());

describe('configurations', () => {
  it('are told with their defaults, and whether they can be changed', async () => {
    const items = await read();
    expect(items['auth_mode']).toEqual({ value: 'db_auth', editable: true });
    expect(items['token_expiration']).toEqual({ value: 30, editable: true });
    expect(items['oidc_extra_redirect_parms']).toEqual({ value: '{}', editable: true });
    expect(items['robot_name_prefix']).toEqual({ value: 'robot$', editable: true });
    expect(items['read_only']).toEqual({ value: false, editable: true });
    expect(Object.keys(items)).toHaveLength(54);
  });

  it('are changed one by one, and hold at once', async () => {
    expect((await put({ banner_message: 'back at noon', token_expiration: 10, self_registration: true })).status).toBe(
      200,
    );
    const items = await read();
    expect(items['banner_message']?.value).toBe('back at noon');
    expect(items['token_expiration']?.value).toBe(10);
    expect((await core.get('/systeminfo')).body).toMatchObject({
      banner_message: 'back at noon',
      self_registration: true,
    });
    const log = await core.get('/auditlog-exts?q=operation=update,resource_type=configuration', admin);
    expect(log.body).toMatchObject([{ resource: 'banner_message, self_registration, token_expiration' }]);
    await put({ banner_message: '', token_expiration: 30, self_registration: false });
  });

  it('keep what is null, and leave unknown keys alone', async () => {
    expect((await put({ token_expiration: null, of_no_use: 1 })).status).toBe(200);
    expect((await read())['token_expiration']?.value).toBe(30);
  });

  it.each([
    [{ token_expiration: 0 }],
    [{ token_expiration: -5 }],
    [{ token_expiration: 12_345_678_901 }],
    [{ token_expiration: '30' }],
    [{ session_timeout: 1.5 }],
    [{ read_only: 'true' }],
    [{ auth_mode: 'nobody' }],
    [{ auth_mode: 'uaa_auth' }],
    [{ auth_mode: 'http_auth' }],
    [{ project_creation_restriction: 'some' }],
    [{ storage_per_project: 0 }],
    [{ storage_per_project: -2 }],
    [{ ldap_scope: 3 }],
    [{ ldap_url: '' }],
    [{ robot_name_prefix: '' }],
    [{ oidc_extra_redirect_parms: '[]' }],
    [{ ldap_group_search_filter: '(objectclass=group)' }],
    [{ skip_audit_log_database: true }],
    [{ audit_log_forward_endpoint: 'no port' }],
    [{ banner_message: 'nul\0' }],
    [{ core_url: 'http://elsewhere' }],
    [{ postgresql_password: 'x' }],
  ])('refuse %j', async (body) => {
    const before = await read();
    expect((await put({ banner_message: 'with it', ...body })).status).toBe(400);
    expect(await read()).toEqual(before);
  });

  it('never tell a secret, and store it encrypted', async () => {
    expect((await put({ ldap_search_password: 'Spr1ng-water', oidc_client_secret: '' })).status).toBe(200);
    expect(JSON.stringify(await read())).not.toContain('Spr1ng-water');
    const internal = await core.call('GET', '/api/v2.0/internalconfig', { headers: core.asService });
    expect(internal.body).toMatchObject({ pull_time_update_disable: { value: false, editable: true } });
    expect(JSON.stringify(internal.body)).not.toContain('Spr1ng-water');
    const { v } = await core.db.one<{ v: string }>(sql(`SELECT v FROM properties WHERE k = 'ldap_search_password'`));
    expect(v).toMatch(/^v1\./);
  });

  it('keep the kind of accounts once there are users', async () => {
    const user: TestUser = await core.createUser('holder');
    expect((await read())['auth_mode']).toEqual({ value: 'db_auth', editable: false });
    expect((await put({ auth_mode: 'ldap_auth' })).status).toBe(400);
    expect((await put({ auth_mode: 'db_auth' })).status).toBe(200);
    await core.delete(`/users/${user.userId}`, admin);
    expect((await read())['auth_mode']?.editable).toBe(true);
  });

  it('reach another process without being told', async () => {
    const other = await CoreApp.start({ on: core });
    try {
      await put({ banner_message: 'everywhere' });
      const deadline = Date.now() + 10_000;
      let seen: unknown;
      while (seen !== 'everywhere' && Date.now() < deadline) {
        await delay(50);
        seen = ((await other.get('/systeminfo')).body as { banner_message?: string }).banner_message;
      }
      expect(seen).toBe('everywhere');
    } finally {
      await other.stop();
      await put({ banner_message: '' });
    }
  }, 20_000);

  it('can be laid down by the environment', async () => {
    const pinned = await CoreApp.start({
      on: core,
      env: { HAVEN_CONFIG_OVERWRITE_JSON: '{"robot_token_duration":7}' },
    });
    try {
      const items = (await pinned.get('/configurations', admin)).body as Items;
      expect(items['robot_token_duration']).toEqual({ value: 7, editable: false });
      expect(items['banner_message']?.editable).toBe(false);
      expect((await pinned.put('/configurations', { banner_message: 'no' }, admin)).status).toBe(403);
      expect((await read())['robot_token_duration']?.value).toBe(7);
    } finally {
      await pinned.stop();
    }
  });
});

describe('the audit log', () => {
  const logged = async (resource: string): Promise<number> => {
    const rows = await core.db.rows(sql('SELECT 1 FROM audit_log_ext WHERE resource = $1', resource));
    return rows.length;
  };

  it('leaves out what is switched off', async () => {
    await put({ disabled_audit_log_event_types: 'delete_user, create_project' });
    await core.createProject('unlogged');
    await put({ disabled_audit_log_event_types: '' });
    await core.createProject('logged');
    expect([await logged('unlogged'), await logged('logged')]).toEqual([0, 1]);
  });

  it('is sent on to syslog, also what is not stored, once the server is there', async () => {
    const port = await freePort();
    await put({ audit_log_forward_endpoint: `127.0.0.1:${port}`, skip_audit_log_database: true });
    await core.createProject('sent-on');
    expect(await logged('sent-on')).toBe(0);
    const received = await receive(port, 'resource="sent-on"');
    await put({ audit_log_forward_endpoint: '', skip_audit_log_database: false });
    expect(received).toMatch(
      /\d+ <110>1 \d{4}-\d\d-\d\dT[\d:.]+Z - haven-core - audit \[audit@32473 projectId="\d+" operation="create" resourceType="project" resource="sent-on" operator="admin" success="true" sourceIp="127\.0\.0\.1"\] /,
    );
  }, 30_000);
});

describe('system-wide information', () => {
  it('has one allow-list of CVEs', async () => {
    expect((await core.get('/system/CVEAllowlist', admin)).body).toMatchObject({ items: [] });
    const body = { expires_at: 1_900_000_000, items: [{ cve_id: 'CVE-2026-0001' }] };
    expect((await core.put('/system/CVEAllowlist', body, admin)).status).toBe(200);
    expect((await core.get('/system/CVEAllowlist', admin)).body).toMatchObject(body);
    const twice = { items: [{ cve_id: 'CVE-1' }, { cve_id: 'CVE-1' }] };
    expect((await core.put('/system/CVEAllowlist', twice, admin)).status).toBe(400);
    expect((await core.get('/system/CVEAllowlist')).status).toBe(401);
  });

  it('has a root certificate only where the platform has made one', async () => {
    expect((await core.get('/systeminfo/getcert')).status).toBe(404);
    const own = await CoreApp.start({ on: core, env: { HAVEN_CA_FILE: new URL(import.meta.url).pathname } });
    try {
      const answer = await own.get('/systeminfo/getcert');
      expect(answer.status).toBe(200);
      expect(answer.headers['content-disposition']).toBe('attachment; filename=ca.crt');
      expect((await own.get('/systeminfo', admin)).body).toMatchObject({ has_ca_root: true });
    } finally {
      await own.stop();
    }
  });

  it('answers 503 while the registry cannot tell how much room there is', async () => {
    expect((await core.get('/systeminfo/volumes', admin)).status).toBe(503);
    expect((await core.get('/systeminfo/volumes')).status).toBe(401);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** What a syslog server on this port gets, up to and including a text. */
async function receive(port: number, wanted: string): Promise<string> {
  const got = Promise.withResolvers<string>();
  let text = '';
  const server = createServer((socket: Socket) => {
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes(wanted)) got.resolve(text);
    });
  }).listen(port, '127.0.0.1');
  try {
    return await got.promise;
  } finally {
    server.close();
  }
}
