import { readAccessVersion, sql } from '@haven/models';
import { admin, createdId, type CoreApp, type TestUser } from './core-app.js';

const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT.*\.\d{3}Z$/) as string;
const zeroTime = '0001-01-01T00:00:00.000Z';

/** Creating, listing, reading, changing and deleting projects. */
export function describeProjects(app: () => CoreApp): void {
  let core: CoreApp;
  let olga: TestUser;
  let stranger: TestUser;
  let openId: number;
  let closedId: number;

  const names = (body: unknown): string[] => (body as { name: string }[]).map((project) => project.name);
  const audits = (projectId: number) =>
    core.db.rows(
      sql(
        'SELECT operation, resource_type, resource, username FROM audit_log_ext WHERE project_id = $1 ORDER BY id',
        projectId,
      ),
    );
  const addRepository = (projectId: number, name: string, listed = true) =>
    core.db.run(sql('INSERT INTO repository (project_id, name, listed) VALUES ($1, $2, $3)', projectId, name, listed));

  beforeAll(async () => {
    core = app();
    olga = await core.createUser('olga');
    stranger = await core.createUser('stranger');
    openId = await core.createProject('p-open', olga, true);
    closedId = await core.createProject('p-closed', olga);
  });

  describe('POST /projects', () => {
    it('makes the caller its admin, and all that a project needs', async () => {
      const before = await readAccessVersion(core.db);
      const answer = await core.post('/projects', { project_name: 'fresh' }, olga);
      expect(answer).toMatchObject({ status: 201, body: undefined });
      const id = createdId(answer);
      expect(answer.headers['location']).toBe(`/api/v2.0/projects/${id}`);
      const rows = await core.db.one(
        sql(
          `SELECT (SELECT hard_bytes FROM quota WHERE project_id = $1) AS hard,
                  (SELECT used_bytes FROM quota_usage WHERE project_id = $1) AS used,
                  (SELECT items FROM cve_allowlist WHERE project_id = $1) AS allowed,
                  (SELECT role FROM project_member WHERE project_id = $1) AS role`,
          id,
        ),
      );
      expect(rows).toEqual({ hard: -1, used: 0, allowed: [], role: 1 });
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect(await audits(id)).toEqual([
        { operation: 'create', resource_type: 'project', resource: 'fresh', username: 'olga' },
      ]);
    });

    it('tells the name instead of the id when asked to', async () => {
      const answer = await core.call('POST', '/api/v2.0/projects', {
        as: olga,
        body: { project_name: 'by-name' },
        headers: { 'x-resource-name-in-location': 'true' },
      });
      expect(answer.headers['location']).toBe('/api/v2.0/projects/by-name');
    });

    it('stores metadata in one form', async () => {
      const metadata = { public: 'true', auto_scan: 'T', severity: 'HIGH', prevent_vul: '', proxy_speed_kb: '7' };
      await core.post('/projects', { project_name: 'with-metadata', metadata }, olga);
      expect((await core.get('/projects/with-metadata', olga)).body).toMatchObject({
        metadata: { public: 'true', auto_scan: 'true', severity: 'high' },
      });
    });

    it('lets only system administrators choose the storage limit', async () => {
      await core.configure({ storage_per_project: '1000' });
      const limitOf = async (name: string, as: TestUser) => {
        const id = createdId(await core.post('/projects', { project_name: name, storage_limit: 5000 }, as));
        return core.db.one(sql('SELECT hard_bytes AS hard FROM quota WHERE project_id = $1', id));
      };
      expect(await limitOf('limit-olga', olga)).toEqual({ hard: 1000 });
      expect(await limitOf('limit-admin', admin)).toEqual({ hard: 5000 });
      await core.configure({ storage_per_project: '-1' });
      const bad = { project_name: 'limit-bad', storage_limit: -5 };
      expect((await core.post('/projects', bad, admin)).status).toBe(400);
    });

    it('is for system administrators only when so configured', async () => {
      await core.configure({ project_creation_restriction: 'adminonly' });
      expect((await core.post('/projects', { project_name: 'refused' }, olga)).status).toBe(403);
      expect((await core.post('/projects', { project_name: 'granted' }, admin)).status).toBe(201);
      await core.configure({ project_creation_restriction: 'everyone' });
    });

    it('gives what another service makes to the first administrator', async () => {
      const body = { project_name: 'by-service' };
      const id = createdId(await core.call('POST', '/api/v2.0/projects', { body, headers: core.asService }));
      expect((await core.get(`/projects/${id}`, admin)).body).toMatchObject({ owner_name: 'admin' });
    });

    it.each([
      [409, 'a name that is taken', { project_name: 'library' }],
      [400, 'no name', {}],
      [400, 'capitals', { project_name: 'Fresh' }],
      [400, 'two dashes', { project_name: 'a--b' }],
      [422, 'a name over 255 characters', { project_name: 'x'.repeat(256) }],
      [400, 'a name of the wrong type', { project_name: 5 }],
      [400, 'an odd publicity', { project_name: 'odd', metadata: { public: 'maybe' } }],
      [400, 'a retention policy', { project_name: 'odd', metadata: { retention_id: '1' } }],
      [400, 'an odd severity', { project_name: 'odd', metadata: { severity: 'awful' } }],
      [422, 'no body', undefined],
    ])('answers %i to %s', async (status, _what, body) => {
      expect((await core.post('/projects', body, olga)).status).toBe(status);
    });

    it('refuses proxy caches: to users, and of registries that are not there', async () => {
      const body = { project_name: 'cache', registry_id: 1 };
      expect((await core.post('/projects', body, olga)).status).toBe(403);
      expect((await core.post('/projects', body, admin)).status).toBe(400);
    });

    it('refuses nobody', async () => {
      expect((await core.post('/projects', { project_name: 'nobodys' })).status).toBe(401);
    });

    it('makes one project of two that come at once', async () => {
      const both = await Promise.all(['a', 'b'].map(() => core.post('/projects', { project_name: 'race' }, olga)));
      expect(both.map((answer) => answer.status).sort()).toEqual([201, 409]);
    });
  });

  describe('HEAD /projects', () => {
    it('tells anyone with a name whether a project exists', async () => {
      const head = (query: string, as?: TestUser) => core.call('HEAD', `/api/v2.0/projects${query}`, { as });
      expect((await head('?project_name=p-closed', stranger)).status).toBe(200);
      expect((await head('?project_name=absent', stranger)).status).toBe(404);
      expect((await head('', stranger)).status).toBe(422);
      expect((await head('?project_name=p-closed')).status).toBe(401);
    });
  });

  describe('GET /projects', () => {
    it('shows public projects to anyone, one’s own besides, and all to administrators', async () => {
      expect(names((await core.get('/projects?name=p-')).body)).toEqual(['p-open']);
      expect(names((await core.get('/projects?name=p-', stranger)).body)).toEqual(['p-open']);
      expect(names((await core.get('/projects?name=p-', olga)).body)).toEqual(['p-closed', 'p-open']);
      expect(names((await core.get('/projects?name=p-', admin)).body)).toEqual(['p-closed', 'p-open']);
    });

    it('shows what is public to somebody with a wrong password', async () => {
      const answer = await core.get('/projects?name=p-', { username: 'olga', password: 'Wr0ng-password' });
      expect(answer.status).toBe(200);
      expect(names(answer.body)).toEqual(['p-open']);
    });

    it.each([
      ['?public=true&name=p-', ['p-open']],
      ['?public=false&name=p-', ['p-closed']],
      ['?q=public=false,name=~p-', ['p-closed']],
      ['?owner=olga&q=name={p-open p-closed library}', ['p-closed', 'p-open']],
      ['?owner=nobody', []],
      ['?name=P-OPEN', ['p-open']],
      ['?name=%25', []],
      ['?q=name=p-open', ['p-open']],
      ['?q=Name=~-open', ['p-open']],
      ['?name=p-&sort=-name', ['p-open', 'p-closed']],
      ['?name=p-&sort=creation_time', ['p-open', 'p-closed']],
      ['?name=p-&sort=unknown', ['p-closed', 'p-open']],
      ['?name=p-&page_size=1&page=2', ['p-open']],
    ])('%s gives %j', async (query, expected) => {
      expect(names((await core.get(`/projects${query}`, olga)).body)).toEqual(expected);
    });

    it('hides private projects from anonymous callers who ask for them', async () => {
      expect(await core.get('/projects?public=false')).toMatchObject({
        status: 200,
        body: [],
        headers: { 'x-total-count': '0' },
      });
    });

    it('pages: count and links', async () => {
      const first = await core.get('/projects?name=p-&page_size=1', olga);
      expect(first.headers['x-total-count']).toBe('2');
      expect(first.headers['link']).toBe('</api/v2.0/projects?name=p-&page=2&page_size=1>; rel="next"');
      const second = await core.get('/projects?name=p-&page_size=1&page=2', olga);
      expect(second.headers['link']).toBe('</api/v2.0/projects?name=p-&page=1&page_size=1>; rel="prev"');
      expect((await core.get('/projects?name=p-&page_size=0', olga)).headers['link']).toBeUndefined();
    });

    it('tells less when less is asked for', async () => {
      const answer = await core.get('/projects?name=p-open&with_detail=false', olga);
      expect(answer.body).toEqual([
        {
          project_id: openId,
          owner_id: olga.userId,
          name: 'p-open',
          creation_time: time,
          update_time: time,
          current_user_role_id: 1,
          current_user_role_ids: [1],
          repo_count: 0,
          cve_allowlist: { items: null, creation_time: zeroTime, update_time: zeroTime },
        },
      ]);
    });

    it.each([
      [400, '?q=name'],
      [400, '?q=project_id=x'],
      [422, '?page_size=101'],
    ])('answers %i to %s', async (status, query) => {
      expect((await core.get(`/projects${query}`, olga)).status).toBe(status);
    });
  });

  describe('GET /projects/{project_name_or_id}', () => {
    it('tells Harbor’s fields', async () => {
      await addRepository(closedId, 'p-closed/app');
      await addRepository(closedId, 'p-closed/unfinished', false);
      const answer = await core.get('/projects/p-closed', olga);
      expect(answer.body).toEqual({
        project_id: closedId,
        owner_id: olga.userId,
        owner_name: 'olga',
        name: 'p-closed',
        creation_time: time,
        update_time: time,
        current_user_role_id: 1,
        current_user_role_ids: [1],
        repo_count: 1,
        metadata: { public: 'false' },
        cve_allowlist: {
          id: expect.any(Number) as number,
          project_id: closedId,
          items: [],
          creation_time: time,
          update_time: time,
        },
      });
    });

    it('is found by id, and by a name that looks like one', async () => {
      const numeral = await core.createProject('424242', olga);
      const asName = { 'x-is-resource-name': 'true' };
      expect((await core.get(`/projects/${openId}`, olga)).body).toMatchObject({ name: 'p-open' });
      expect((await core.get('/projects/424242', admin)).status).toBe(404);
      expect((await core.get('/projects/424242', olga, asName)).body).toMatchObject({ project_id: numeral });
    });

    it('tells nobody’s role to those who have none', async () => {
      const body = (await core.get('/projects/p-open')).body as Record<string, unknown>;
      expect(body['current_user_role_ids']).toBeNull();
      expect(body['current_user_role_id']).toBeUndefined();
    });

    it('reveals no private project, nor that it exists', async () => {
      expect((await core.get('/projects/p-closed', stranger)).status).toBe(403);
      expect((await core.get('/projects/p-closed')).status).toBe(401);
      expect((await core.get('/projects/absent', stranger)).status).toBe(403);
      expect((await core.get('/projects/absent')).status).toBe(401);
      expect((await core.get('/projects/absent', admin)).status).toBe(404);
      expect((await core.get('/projects/99999999999', admin)).status).toBe(404);
    });
  });

  describe('PUT /projects/{project_name_or_id}', () => {
    it('changes metadata and allow-list, and leaves the rest', async () => {
      const change = {
        project_name: 'renamed',
        storage_limit: 1,
        metadata: { auto_scan: 'true', severity: 'Negligible' },
        cve_allowlist: { expires_at: 2_000_000_000, items: [{ cve_id: 'CVE-2024-1' }] },
      };
      expect((await core.put('/projects/p-closed', change, olga)).status).toBe(200);
      expect((await core.get('/projects/p-closed', olga)).body).toMatchObject({
        name: 'p-closed',
        metadata: { public: 'false', auto_scan: 'true', severity: 'none' },
        cve_allowlist: { expires_at: 2_000_000_000, items: [{ cve_id: 'CVE-2024-1' }] },
      });
      expect((await audits(closedId)).at(-1)).toMatchObject({ operation: 'update', resource: 'p-closed' });
    });

    it('moves the access version on when the publicity changes', async () => {
      const before = await readAccessVersion(core.db);
      await core.put('/projects/p-closed', { metadata: { auto_scan: 'false' } }, olga);
      expect(await readAccessVersion(core.db)).toBe(before);
      await core.put('/projects/p-closed', { metadata: { public: 'false' } }, olga);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
    });

    it.each([
      [400, 'an odd publicity', { metadata: { public: 'maybe' } }],
      [400, 'a retention policy of another', { metadata: { retention_id: '7' } }],
      [400, 'the allow-list of another', { cve_allowlist: { project_id: 1 } }],
      [400, 'an id twice', { cve_allowlist: { items: [{ cve_id: 'CVE-1' }, { cve_id: 'CVE-1' }] } }],
      [422, 'no body', undefined],
    ])('answers %i to %s', async (status, _what, body) => {
      expect((await core.put('/projects/p-closed', body, olga)).status).toBe(status);
    });

    it('is for admins of the project', async () => {
      expect((await core.put('/projects/p-open', {}, stranger)).status).toBe(403);
      expect((await core.put('/projects/p-open', {})).status).toBe(401);
      expect((await core.put('/projects/absent', {}, admin)).status).toBe(404);
    });
  });

  describe('GET /projects/{project_name_or_id}/summary', () => {
    it('tells members all figures, others how many repositories', async () => {
      await core.addMember('p-open', stranger, 5);
      expect((await core.get('/projects/p-open/summary', olga)).body).toEqual({
        repo_count: 0,
        project_admin_count: 1,
        limited_guest_count: 1,
        quota: { hard: { storage: -1 }, used: { storage: 0 } },
      });
      expect((await core.get('/projects/p-open/summary', stranger)).body).toEqual({
        repo_count: 0,
        quota: { hard: { storage: -1 }, used: { storage: 0 } },
      });
      expect((await core.get('/projects/p-open/summary')).body).toEqual({ repo_count: 0 });
      expect((await core.get('/projects/p-closed/summary', stranger)).status).toBe(403);
      expect((await core.get('/projects/p-closed/summary')).status).toBe(401);
    });
  });

  describe('DELETE /projects/{project_name_or_id}', () => {
    it('spares a project with repositories', async () => {
      expect((await core.get('/projects/p-closed/_deletable', olga)).body).toEqual({
        message: 'the project contains repositories, can not be deleted',
      });
      expect(await core.delete('/projects/p-closed', olga)).toMatchObject({
        status: 412,
        body: { errors: [{ code: 'PRECONDITION' }] },
      });
    });

    it('takes an empty one away, and frees its name', async () => {
      const id = await core.createProject('doomed', olga);
      await core.addMember(id, stranger, 2);
      await addRepository(id, 'doomed/unfinished', false);
      const before = await readAccessVersion(core.db);
      expect((await core.get(`/projects/${id}/_deletable`, olga)).body).toEqual({ deletable: true });
      expect((await core.delete(`/projects/${id}`, stranger)).status).toBe(403);
      expect((await core.delete(`/projects/${id}`, olga)).status).toBe(200);
      expect(await readAccessVersion(core.db)).toBeGreaterThan(before);
      expect((await audits(id)).at(-1)).toMatchObject({
        operation: 'delete',
        resource_type: 'project',
        resource: 'doomed',
      });
      const left = await core.db.one(
        sql(
          `SELECT name, deleted, (SELECT count(*) FROM project_member WHERE project_id = $1)
                + (SELECT count(*) FROM project_metadata WHERE project_id = $1)
                + (SELECT count(*) FROM cve_allowlist WHERE project_id = $1)
                + (SELECT count(*) FROM quota WHERE project_id = $1)
                + (SELECT count(*) FROM quota_usage WHERE project_id = $1)
                + (SELECT count(*) FROM repository WHERE project_id = $1) AS rest
             FROM project WHERE project_id = $1`,
          id,
        ),
      );
      expect(left).toEqual({ name: `doomed#${id}`, deleted: true, rest: 0 });
      expect((await core.get(`/projects/${id}`, admin)).status).toBe(404);
      expect((await core.get(`/projects/${id}`, olga)).status).toBe(403);
      expect(names((await core.get('/projects?name=doomed', admin)).body)).toEqual([]);
      expect(await core.createProject('doomed', olga)).not.toBe(id);
    });

    it('is for admins of the project', async () => {
      expect((await core.delete('/projects/p-open', stranger)).status).toBe(403);
      expect((await core.delete('/projects/p-open')).status).toBe(401);
      expect((await core.delete('/projects/absent', admin)).status).toBe(404);
    });
  });
}
