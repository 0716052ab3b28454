import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { admin, CoreApp } from './core-app.js';
import { logCases, LogCollectorStub } from './log.cases.js';

/** What holds for the platform as a whole. */
describe('platform', () => {
  let core: CoreApp;
  let registry: Server;
  let registryStatus = 200;
  const collector = new LogCollectorStub();

  beforeAll(async () => {
    registry = createServer((_request, response) => response.writeHead(registryStatus).end('{}'));
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const registryUrl = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const collectorUrl = await collector.reserve();
    core = await CoreApp.start({
      env: {
        HAVEN_REGISTRY_URL: registryUrl,
        // Ready when the registry is: only that is looked at here.
        HAVEN_JOBSERVICE_URL: registryUrl,
        HAVEN_LOG_COLLECTOR_URL: collectorUrl,
      },
    });
  });
  afterAll(async () => {
    await core.stop();
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
  });

  describe('in read-only mode', () => {
    const refusal = {
      errors: [{ code: 'DENIED', message: 'The system is in read only mode. Any modification is prohibited.' }],
    };

    beforeAll(() => core.configure({ read_only: 'true' }));
    afterAll(() => core.configure({ read_only: 'false' }));

    it('changes nothing, on no route', async () => {
      const changing = core.routes.filter(
        ({ method, path }) =>
          !['GET', 'HEAD'].includes(method) &&
          !path.startsWith('/service/') &&
          !/^(?:\/c\/(?:login|userExists|oidc\/onboard)|\/api\/v2\.0\/configurations)$/.test(path),
      );
      expect(changing.length).toBeGreaterThan(15);
      for (const { method, path } of changing) {
        const answer = await core.call(method, path.replace(/:\w+/g, '1'), { as: admin, body: {} });
        expect([method, path, answer.status, answer.body]).toMatchObject([method, path, 403, refusal]);
      }
      expect((await core.post('/projects', { project_name: 'late' })).status).toBe(403);
      const doubled = await core.call('POST', '//api//v2.0/projects/', { as: admin, body: { project_name: 'late' } });
      expect(doubled.status).toBe(403);
    });

    it('shows everything', async () => {
      for (const path of ['/projects', '/users', '/systeminfo', '/ping', '/health', '/statistics']) {
        expect([path, (await core.get(path, admin)).status]).toEqual([path, 200]);
      }
      expect((await core.get('/systeminfo', admin)).body).toMatchObject({ read_only: true });
      expect((await core.call('HEAD', '/api/v2.0/projects?project_name=library', { as: admin })).status).toBe(200);
    });

    it('lets people log in and clients have tokens, and hears of what has happened', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const login = await core.call('POST', '/c/login', { headers });
      expect(login.body).not.toEqual(refusal);
      const token = await core.call('GET', '/service/token?service=harbor-registry', { as: admin });
      expect(token.status).toBe(200);
      const told = await core.call('POST', '/service/notifications', { headers: core.asService, body: { events: [] } });
      expect(told.status).toBe(200);
    });

    it('can be switched off again', async () => {
      expect((await core.put('/configurations', { read_only: false }, admin)).body).not.toEqual(refusal);
      await core.configure({ read_only: 'false' });
      expect((await core.post('/projects', { project_name: 'thawed' }, admin)).status).toBe(201);
    });
  });

  it('is unhealthy while the registry is not ready, as its store may be full or gone', async () => {
    const health = async () => (await core.get('/health')).body as { status: string; components: object[] };
    const until = async (status: string) => {
      const deadline = Date.now() + 10_000;
      for (;;) {
        const seen = await health();
        if (seen.status === status || Date.now() > deadline) return seen;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    expect((await until('healthy')).status).toBe('healthy');
    registryStatus = 503;
    expect(await until('unhealthy')).toMatchObject({
      status: 'unhealthy',
      components: expect.arrayContaining([
        { name: 'registry', status: 'unhealthy', error: 'failed to check health of registry' },
        { name: 'database', status: 'healthy' },
      ]) as object[],
    });
    registryStatus = 200;
    expect((await until('healthy')).status).toBe('healthy');
  }, 30_000);

  it('sends clients that post for a token on to the way that there is', async () => {
    const query = 'service=harbor-registry&scope=repository:library/app:pull';
    const answer = await core.call('POST', `/service/token?${query}`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET']);
    const bare = await core.call('POST', '/service/token');
    expect([bare.status, bare.body]).toMatchObject([405, { errors: [{ code: 'METHOD_NOT_ALLOWED' }] }]);
  });

  describe('logs', () => {
    logCases(() => core, collector);
  });
});
