import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from '@haven/models';
import { RegistryHealthService } from '../src/registry-endpoint/registry-health.service.js';
import { admin, CoreApp, createdId } from './core-app.js';
import { describePeer } from './harbor-adapter.cases.js';

const reach = { HAVEN_OUTBOUND_REACH: 'loopback', HAVEN_REGISTRY_CHECK_SECONDS: '10' };
const user = { access_key: 'copier', access_secret: 'Secret-of-the-copier' };
const authorization = `Basic ${Buffer.from('copier:Secret-of-the-copier').toString('base64')}`;

let core: CoreApp;
let url: string;
let server: Server;
/** What was shown to the registry, request by request. */
const shown: (string | undefined)[] = [];
let status = 200;
let mayReadLabels = true;

beforeAll(async () => {
  core = await CoreApp.start({ env: reach });
  server = createServer((request, response) => {
    shown.push(request.headers.authorization);
    const isKnown = request.headers.authorization === authorization;
    if (request.url === '/v2/' && !isKnown) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    } else if (request.url === '/v2/') response.writeHead(status).end('{}');
    else if (request.url?.startsWith('/api/v2.0/labels?') === true) {
      response.writeHead(mayReadLabels ? 200 : 403).end('[{"name":"prod"}]');
    } else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await core.stop();
});
beforeEach(() => {
  status = 200;
});

const registry = (name: string, changes: object = {}): object => ({
  name,
  type: 'docker-registry',
  url,
  credential: { type: 'basic', ...user },
  ...changes,
});
const make = async (name: string, changes: object = {}): Promise<number> =>
  createdId(await core.post('/registries', registry(name, changes), admin));
const read = async (id: number): Promise<Record<string, unknown>> =>
  (await core.get(`/registries/${id}`, admin)).body as Record<string, unknown>;
const messageOf = (body: unknown): string => (body as { errors: { message: string }[] }).errors[0]?.message ?? '';

/** Has core look at every registry now, by the clock of the database. */
async function checkAll(): Promise<void> {
  await core.db.run(sql('UPDATE registry SET next_check_at = now()'));
  await core.service(RegistryHealthService).checkDue();
}

describe('registries', () => {
  it('show what they were given, but no secret', async () => {
    const id = await make('whole', { description: 'a branch', url: `${url}/`, insecure: true });
    expect(await read(id)).toEqual({
      id,
      name: 'whole',
      description: 'a branch',
      type: 'docker-registry',
      url,
      credential: { type: 'basic', access_key: 'copier', access_secret: '*****' },
      insecure: true,
      status: 'healthy',
      creation_time: expect.any(String) as string,
      update_time: expect.any(String) as string,
    });
    const { secret } = await core.db.one<{ secret: string }>(
      sql('SELECT access_secret AS secret FROM registry WHERE id = $1', id),
    );
    expect(secret).toMatch(/^v1\./);
  });

  it('are listed by name, found by part of it, and counted', async () => {
    await make('list-b');
    await make('list-a');
    const { body, headers } = await core.get('/registries?name=list-', admin);
    expect((body as { name: string }[]).map(({ name }) => name)).toEqual(['list-a', 'list-b']);
    expect(headers['x-total-count']).toBe('2');
    const one = await core.get('/registries?q=name%3Dlist-b&sort=-creation_time', admin);
    expect(one.body).toMatchObject([{ name: 'list-b' }]);
  });

  it('are taken only when they answer, with these credentials, and by a name of their own', async () => {
    await make('own-name');
    expect((await core.post('/registries', registry('own-name'), admin)).status).toBe(409);
    const wrong = registry('wrong', { credential: { type: 'basic', access_key: 'copier', access_secret: 'guess' } });
    const answer = await core.post('/registries', wrong, admin);
    expect([answer.status, messageOf(answer.body)]).toEqual([400, `the registry is unhealthy: ${url} answered 401`]);
    for (const changes of [
      { name: '' },
      { name: 'x'.repeat(65) },
      { url: '' },
      { url: 'ftp://example.com' },
      { url: 'http://user:password@example.com' },
      { url: 'http://127.0.0.1:1' },
      { type: 'carrier-pigeon' },
      { type: '' },
      { ca_certificate: 'no certificate' },
    ]) {
      expect([changes, (await core.post('/registries', registry('odd', changes), admin)).status]).toEqual([
        changes,
        400,
      ]);
    }
  });

  it('are never those addresses that clouds tell their secrets at', async () => {
    for (const address of ['http://169.254.169.254', 'http://[fe80::1]/', 'http://100.100.100.200']) {
      const answer = await core.post('/registries/ping', { type: 'docker-registry', url: address }, admin);
      expect(answer.status).toBe(400);
      expect(messageOf(answer.body)).toContain('has an address that may not be called');
    }
  });

  it('change by what is given alone', async () => {
    const id = await make('change');
    await make('change-other');
    expect((await core.put(`/registries/${id}`, { description: 'new' }, admin)).status).toBe(200);
    expect(await read(id)).toMatchObject({ name: 'change', description: 'new', credential: { access_key: 'copier' } });
    expect((await core.put(`/registries/${id}`, { access_secret: '*****' }, admin)).status).toBe(200);
    expect((await core.put(`/registries/${id}`, { access_secret: 'other' }, admin)).status).toBe(400);
    expect((await core.put(`/registries/${id}`, { name: 'change-other' }, admin)).status).toBe(409);
    expect((await core.put('/registries/999999', { name: 'x' }, admin)).status).toBe(404);
  });

  it('show their secret to no other address than the one it was given for', async () => {
    const id = await make('moved');
    const elsewhere = url.replace('127.0.0.1', 'localhost');
    shown.length = 0;
    expect((await core.put(`/registries/${id}`, { url: elsewhere }, admin)).status).toBe(400);
    expect(shown).not.toContain(authorization);
    expect(await read(id)).toMatchObject({ url });
    expect((await core.put(`/registries/${id}`, { url: elsewhere, ...user }, admin)).status).toBe(200);
    shown.length = 0;
    const ping = { id, type: 'docker-hub', url: 'http://127.0.0.1:1', insecure: true, ca_certificate: '' };
    expect((await core.post('/registries/ping', ping, admin)).status).toBe(200);
    expect(shown).toContain(authorization);
  });

  it('are tried before they are stored', async () => {
    const wishes = { type: 'docker-registry', url, credential_type: 'basic', ...user };
    expect((await core.post('/registries/ping', wishes, admin)).status).toBe(200);
    expect((await core.post('/registries/ping', { ...wishes, access_secret: 'x' }, admin)).status).toBe(400);
    expect((await core.post('/registries/ping', { url }, admin)).status).toBe(400);
    expect((await core.post('/registries/ping', { id: 999_999 }, admin)).status).toBe(404);
    const id = await make('tried');
    expect((await core.post('/registries/ping', { id, access_secret: 'x' }, admin)).status).toBe(400);
  });

  it('stay while something uses them', async () => {
    const id = await make('used');
    const policy = { name: 'uses it', dest_registry: { id }, enabled: false, trigger: { type: 'manual' } };
    const policyId = createdId(await core.post('/replication/policies', policy, admin));
    expect((await core.delete(`/registries/${id}`, admin)).status).toBe(412);
    expect((await core.delete(`/replication/policies/${policyId}`, admin)).status).toBe(200);
    const projectId = await core.createProject('proxied');
    await core.db.run(sql('UPDATE project SET registry_id = $1 WHERE project_id = $2', id, projectId));
    expect((await core.delete(`/registries/${id}`, admin)).status).toBe(412);
    await core.db.run(sql('UPDATE project SET registry_id = 0 WHERE project_id = $1', projectId));
    expect((await core.delete(`/registries/${id}`, admin)).status).toBe(200);
    expect((await core.get(`/registries/${id}`, admin)).status).toBe(404);
    expect((await core.delete(`/registries/${id}`, admin)).status).toBe(404);
  });

  it('leave their changes in the audit log', async () => {
    const id = await make('audited');
    await core.put(`/registries/${id}`, { description: 'x' }, admin);
    await core.delete(`/registries/${id}`, admin);
    const rows = await core.db.rows<{ operation: string }>(
      sql(`SELECT operation FROM audit_log_ext WHERE resource_type = 'registry' AND resource = 'audited' ORDER BY id`),
    );
    expect(rows.map(({ operation }) => operation)).toEqual(['create', 'update', 'delete']);
  });

  it('say what they can be filtered by', async () => {
    const id = await make('info');
    const harbor = await make('info-harbor', { type: 'harbor' });
    expect((await core.get(`/registries/${id}/info`, admin)).body).toEqual({
      type: 'docker-registry',
      supported_resource_filters: [
        { type: 'name', style: 'input' },
        { type: 'tag', style: 'input' },
        { type: 'resource', style: 'radio', values: ['image'] },
      ],
      supported_triggers: ['manual', 'scheduled'],
    });
    expect((await core.get(`/registries/${harbor}/info`, admin)).body).toMatchObject({
      type: 'harbor',
      supported_resource_filters: expect.arrayContaining([
        { type: 'label', style: 'list', values: ['prod'] },
      ]) as object,
      supported_copy_by_chunk: true,
    });
    expect((await core.get('/registries/0/info', admin)).body).toMatchObject({
      type: 'harbor',
      supported_triggers: ['manual', 'scheduled', 'event_based'],
    });
    expect((await core.get('/registries/999999/info', admin)).status).toBe(404);
    mayReadLabels = false;
    expect((await core.get(`/registries/${harbor}/info`, admin)).body).not.toHaveProperty(
      'supported_resource_filters.3',
    );
  });

  it('come in known kinds', async () => {
    const { body } = await core.get('/replication/adapters', admin);
    expect(body).toEqual(expect.arrayContaining(['harbor', 'docker-registry', 'zot']));
    expect((await core.get('/replication/adapterinfos', admin)).body).toMatchObject({
      'docker-hub': {
        endpoint_pattern: {
          endpoint_type: 'EndpointPatternTypeFix',
          endpoints: [{ key: 'hub.docker.com', value: 'https://hub.docker.com' }],
        },
      },
      'google-gcr': {
        endpoint_pattern: { endpoint_type: 'EndpointPatternTypeList' },
        credential_pattern: {
          access_key_type: 'AccessKeyTypeFix',
          access_key_data: '_json_key',
          access_secret_type: 'AccessSecretTypeFile',
          access_secret_data: 'No Change',
        },
      },
    });
  });
});

describe('the health of registries', () => {
  it('is looked at now and then, and told', async () => {
    const id = await make('health');
    status = 500;
    await checkAll();
    expect(await read(id)).toMatchObject({ status: 'unhealthy' });
    const { message } = await core.db.one<{ message: string }>(
      sql('SELECT health_message AS message FROM registry WHERE id = $1', id),
    );
    expect(message).toBe(`${url} answered 500`);
    status = 200;
    await checkAll();
    expect(await read(id)).toMatchObject({ status: 'healthy' });
  });

  it('is looked at by one replica at a time', async () => {
    await core.db.run(sql('DELETE FROM replication_policy'));
    await core.db.run(sql('DELETE FROM registry'));
    await make('alone');
    const other = await CoreApp.start({ on: core, env: reach });
    await core.db.run(sql('UPDATE registry SET next_check_at = now()'));
    shown.length = 0;
    await Promise.all([core, other].map((app) => app.service(RegistryHealthService).checkDue()));
    await other.stop();
    expect(shown.filter((one) => one === authorization)).toHaveLength(1);
  });
});

describePeer(() => core);
