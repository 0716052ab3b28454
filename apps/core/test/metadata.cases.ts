import { readAccessVersion, sql } from '@haven/models';
import { admin, type CoreApp, type TestUser } from './core-app.js';

/** One key of a project's metadata at a time. */
export function describeMetadata(app: () => CoreApp): void {
  describe('metadata', () => {
    let core: CoreApp;
    let sam: TestUser;
    let tara: TestUser;
    const path = '/projects/described/metadatas';

    beforeAll(async () => {
      core = app();
      sam = await core.createUser('sam');
      tara = await core.createUser('tara');
      await core.createProject('described', sam);
      await core.addMember('described', tara, 4);
    });

    it('is added, read, changed and removed by the project’s admin', async () => {
      expect(await core.post(path, { auto_scan: '1' }, sam)).toMatchObject({ status: 200, body: undefined });
      expect(await core.get(`${path}/auto_scan`, sam)).toMatchObject({ status: 200, body: { auto_scan: 'true' } });
      expect((await core.put(`${path}/auto_scan`, { auto_scan: 'F' }, sam)).status).toBe(200);
      expect((await core.get(`${path}/auto_scan`, tara)).body).toEqual({ auto_scan: 'false' });
      expect((await core.delete(`${path}/auto_scan`, sam)).status).toBe(200);
      expect((await core.get(`${path}/auto_scan`, sam)).body).toEqual({});
      const audits = await core.db.rows(
        sql(
          `SELECT operation, resource_type, resource, username FROM audit_log_ext WHERE resource = 'described' AND operation = 'update'`,
        ),
      );
      expect(audits).toEqual(
        Array(3).fill({ operation: 'update', resource_type: 'project', resource: 'described', username: 'sam' }),
      );
    });

    it('is listed to system administrators, as no role of a project may', async () => {
      expect(await core.get(`${path}/`, admin)).toMatchObject({ status: 200, body: { public: 'false' } });
      expect((await core.get(path, admin)).status).toBe(200);
      expect((await core.get(path, sam)).status).toBe(403);
      expect((await core.get(path)).status).toBe(401);
    });

    it('tells at once who may see a project that turns public', async () => {
      const before = await readAccessVersion(core.db);
      expect((await core.put(`${path}/public`, { public: 'true' }, sam)).status).toBe(200);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect((await core.get('/projects/described')).status).toBe(200);
      expect((await core.delete(`${path}/public`, sam)).status).toBe(200);
      expect((await core.get('/projects/described')).status).toBe(401);
    });

    it.each([
      [400, 'two keys', { auto_scan: 'true', prevent_vul: 'true' }],
      [400, 'no key', {}],
      [400, 'no body', undefined],
      [400, 'an unknown key', { colour: 'blue' }],
      [400, 'a retention policy', { retention_id: '1' }],
      [400, 'a value that the key does not take', { auto_scan: 'maybe' }],
      [400, 'a value of the wrong type', { auto_scan: true }],
      [400, 'a key of proxy caches', { proxy_cache_filter_kind: 'regex' }],
    ])('answers %i when one adds %s', async (status, _what, body) => {
      expect((await core.post(path, body, sam)).status).toBe(status);
    });

    it('is not added twice', async () => {
      expect((await core.post(path, { severity: 'LOW' }, sam)).status).toBe(200);
      expect(await core.post(path, { severity: 'high' }, sam)).toMatchObject({
        status: 409,
        body: { errors: [{ code: 'CONFLICT' }] },
      });
      expect((await core.get(`${path}/severity`, sam)).body).toEqual({ severity: 'low' });
    });

    it('is changed under the key that the path names', async () => {
      expect((await core.put(`${path}/severity`, { auto_scan: 'true' }, sam)).status).toBe(400);
      expect((await core.put(`${path}/severity`, { severity: 'high', auto_scan: 'true' }, sam)).status).toBe(400);
      expect((await core.put(`${path}/severity`, { severity: 'awful' }, sam)).status).toBe(400);
    });

    it('is closed to other roles', async () => {
      expect((await core.post(path, { auto_scan: 'true' }, tara)).status).toBe(403);
      expect((await core.put(`${path}/severity`, { severity: 'low' }, tara)).status).toBe(403);
      expect((await core.delete(`${path}/severity`, tara)).status).toBe(403);
      expect((await core.post(path, { auto_scan: 'true' })).status).toBe(401);
      expect((await core.get('/projects/absent/metadatas/public', admin)).status).toBe(404);
    });
  });
}
