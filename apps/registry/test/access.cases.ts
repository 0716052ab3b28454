import { sql } from '@haven/models';
import { RouteTable } from '../src/v2/route-table.js';
import { sha256, type Answer, type RegistryHarness, type TestRegistry } from './registry-harness.js';

const basic = 'Basic realm="harbor"';

/** Who is let in, and how everyone else is told what they lack. */
export function accessCases(harness: () => RegistryHarness): void {
  describe('access', () => {
    const repository = 'library/guarded';
    let registry: TestRegistry;

    beforeAll(async () => {
      const core = await harness().core.start();
      registry = await harness().registry('memory', {
        HAVEN_CORE_URL: core,
        HAVEN_EXTERNAL_URL: 'https://ignored.example',
      });
      await registry.pushImage(repository, await harness().tokenFor([repository]), 'v1', 'layer');
    });
    afterAll(async () => {
      await registry.close();
      await harness().core.stop();
    });

    const realm = () => `Bearer realm="https://${new URL(registry.url).host}/service/token",service="harbor-registry"`;
    const expectRefused = (answer: Answer, challenge: string) => {
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, challenge]);
      expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
    };

    /** One request for each route of the table and each of its methods, about things that are not there. */
    const calls = () => {
      const paths: Record<string, string> = {
        tags: 'tags/list',
        manifest: 'manifests/absent',
        blob: `blobs/${sha256('absent')}`,
        uploads: 'blobs/uploads/',
        upload: 'blobs/uploads/00000000-0000-4000-8000-000000000000',
        referrers: `referrers/${sha256('absent')}`,
      };
      return registry.app.nest
        .get(RouteTable)
        .routes.filter(({ kind }) => kind in paths)
        .flatMap((route) =>
          route.methods.map((method) => ({ route, method, path: `/v2/${repository}/${paths[route.kind]}` })),
        );
    };

    it('sends everybody without credentials to the token service, on every route', async () => {
      const scopes: Record<string, string> = { pull: 'pull', push: 'pull,push', delete: 'delete' };
      expect(calls().length).toBeGreaterThan(14);
      for (const { route, method, path } of calls()) {
        const answer = await registry.call(method, path);
        expectRefused(answer, `${realm()},scope="repository:${repository}:${scopes[route.access]}"`);
        if (method !== 'HEAD') expect(answer.errorCode).toBe('UNAUTHORIZED');
      }
      expectRefused(await registry.call('GET', '/v2/'), realm());
      expectRefused(await registry.call('GET', '/v2'), realm());
      const mount = `/v2/${repository}/blobs/uploads/?mount=${sha256('layer')}&from=library/base`;
      expectRefused(
        await registry.call('POST', mount),
        `${realm()},scope="repository:${repository}:pull,push repository:library/base:pull"`,
      );
    });

    it('refuses tokens for other actions and other repositories, on every route', async () => {
      const others: Record<string, string[]> = {
        pull: ['push', 'delete'],
        push: ['pull', 'delete'],
        delete: ['pull', 'push'],
      };
      const elsewhere = await harness().tokenFor(['library/another', `${repository}/below`, 'library']);
      for (const { route, method, path } of calls()) {
        const wrongAction = await harness().tokenFor([repository], others[route.access]);
        expectRefused(await registry.call(method, path, { token: wrongAction }), basic);
        expectRefused(await registry.call(method, path, { token: elsewhere }), basic);
        const right = await registry.call(method, path, {
          token: await harness().tokenFor([repository], [route.access]),
        });
        expect(right.status).not.toBe(401);
      }
    });

    it('asks for a new token where the old one does not hold any more', async () => {
      const expired = await harness().token([], 'alice', -120);
      const invalid = `${realm()},scope="repository:${repository}:pull",error="invalid_token"`;
      for (const token of ['forged', expired, `${(await harness().tokenFor([repository])).slice(0, -8)}AAAAAAAA`]) {
        expectRefused(await registry.call('GET', `/v2/${repository}/manifests/v1`, { token }), invalid);
        expectRefused(await registry.call('GET', '/v2/', { token }), `${realm()},error="invalid_token"`);
      }
      const grant = { type: 'repository', name: repository, actions: ['pull'], project_id: 4711 };
      const ofOldProject = await harness().token([grant]);
      expectRefused(await registry.call('GET', `/v2/${repository}/manifests/v1`, { token: ofOldProject }), invalid);
      const unbound = await harness().token([{ type: 'repository', name: repository, actions: ['*'] }]);
      expectRefused(await registry.call('GET', `/v2/${repository}/manifests/v1`, { token: unbound }), invalid);
    });

    it('joins the scopes of one repository', async () => {
      const grant = (actions: string[]) => ({ type: 'repository', name: repository, actions, project_id: 1 });
      const token = await harness().token([grant(['push']), grant(['pull']), grant([])]);
      expect((await registry.call('GET', `/v2/${repository}/manifests/v1`, { token })).status).toBe(200);
    });

    it('forgets a token with its project: a later one of the same name is another', async () => {
      const first = await harness().project('phoenix');
      const token = await harness().tokenFor(['phoenix/app']);
      await registry.pushImage('phoenix/app', token, 'v1', 'layer of phoenix');
      expect((await registry.call('GET', '/v2/phoenix/app/manifests/v1', { token })).status).toBe(200);
      await harness().db.run(sql("UPDATE project SET name = 'phoenix#1', deleted = true WHERE project_id = $1", first));
      expectRefused(await registry.call('GET', '/v2/phoenix/app/manifests/v1', { token }), '');
      await harness().project('phoenix');
      const refused = await registry.call('GET', '/v2/phoenix/app/manifests/v1', { token });
      expect(refused.headers['www-authenticate']).toMatch(/error="invalid_token"$/);
      const fresh = await harness().tokenFor(['phoenix/app']);
      expect((await registry.call('GET', '/v2/phoenix/app/manifests/v1', { token: fresh })).status).toBe(404);
    });

    it('answers for projects that do not exist, and for names without a project, as Harbor does', async () => {
      for (const name of ['nowhere/app', 'alpine']) {
        const token = await harness().tokenFor([name]);
        expectRefused(await registry.call('GET', `/v2/${name}/manifests/v1`, { token }), '');
        expectRefused(
          await registry.call('GET', `/v2/${name}/manifests/v1`),
          `${realm()},scope="repository:${name}:pull"`,
        );
      }
    });

    it('lets whoever has said who they are see the version, and nobody else', async () => {
      const known = await registry.call('GET', '/v2/', { token: await harness().token([]) });
      expect([known.status, known.bytes.toString()]).toEqual([200, '{}']);
      expectRefused(await registry.call('GET', '/v2/', { token: await harness().token([], '') }), basic);
      expect((await registry.call('GET', '/v2/', { basic: 'bob:right' })).status).toBe(200);
      expectRefused(await registry.call('GET', '/v2/', { basic: 'bob:wrong' }), basic);
      for (const authorization of ['Negotiate abc', 'Basic', 'Basic %%%', 'Bearer', 'Basic bm9jb2xvbg==']) {
        expectRefused(await registry.call('GET', '/v2/', { headers: { authorization } }), basic);
      }
    });

    it('shows the catalog to system administrators only', async () => {
      const path = '/v2/_catalog';
      expectRefused(await registry.call('GET', path), basic);
      expectRefused(await registry.call('GET', path, { token: await harness().tokenFor([repository]) }), basic);
      expectRefused(await registry.call('GET', path, { basic: 'alice:right' }), basic);
      const grant = { type: 'registry', name: 'catalog', actions: ['*'] };
      for (const call of [{ basic: 'admin:right' }, { token: await harness().token([grant], 'admin') }]) {
        const answer = await registry.call('GET', path, call);
        expect(answer.status).toBe(200);
        expect((answer.json() as { repositories: string[] }).repositories).toContain(repository);
      }
    });

    it('takes user names and passwords, asks core once, and asks again when rights have changed', async () => {
      const { core, db } = harness();
      const path = `/v2/${repository}/manifests/v1`;
      const asked = () => core.tokenRequests.length;
      const before = asked();
      const headers = { 'x-forwarded-for': '203.0.113.7' };
      const together = await Promise.all(
        Array.from({ length: 5 }, () => registry.call('GET', path, { basic: 'carol:right', headers })),
      );
      expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(asked()).toBe(before + 1);
      expect(core.tokenRequests.at(-1)).toEqual({
        scopes: [`repository:${repository}:pull,push,delete`],
        forwardedFor: '203.0.113.7',
      });
      expectRefused(await registry.call('DELETE', path, { basic: 'carol:right' }), basic);
      expect(asked()).toBe(before + 1);
      await db.run(sql('UPDATE access_version SET version = version + 1'));
      await registry.call('GET', path, { basic: 'carol:right' });
      expect(asked()).toBe(before + 2);
      for (let turn = 0; turn < 2; turn += 1)
        expectRefused(await registry.call('GET', path, { basic: 'carol:wrong' }), basic);
      expect(asked()).toBe(before + 4);
      const pushed = await registry.call('POST', `/v2/${repository}/blobs/uploads/`, { basic: 'alice:right' });
      expect(pushed.status).toBe(202);
    });

    it('says so when core cannot be asked, and remembers nothing of it', async () => {
      const { core } = harness();
      const call = () => registry.call('GET', `/v2/${repository}/manifests/v1`, { basic: 'dave:right' });
      core.failWith = 500;
      const away = await call();
      expect([away.status, away.errorCode, away.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '2']);
      core.failWith = 429;
      expect((await call()).errorCode).toBe('TOOMANYREQUESTS');
      core.failWith = null;
      expect((await call()).status).toBe(200);
    });
  });
}
