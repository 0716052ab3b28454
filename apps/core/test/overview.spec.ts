import { sql } from '@haven/models';
import { auditPageCases } from './audit-page.cases.js';
import { admin, CoreApp, type TestUser } from './core-app.js';
import { metricsCases } from './metrics.cases.js';

/** What goes across projects: searches, figures and the audit log. */
describe('overview', () => {
  let core: CoreApp;
  let uma: TestUser;
  let vera: TestUser;
  let openId: number;
  let closedId: number;

  const addRepository = async (projectId: number, name: string, tags: number, listed = true): Promise<void> => {
    const insert = 'INSERT INTO repository (project_id, name, listed, pull_count) VALUES ($1, $2, $3, 4)';
    await core.db.run(sql(insert, projectId, name, listed));
    for (let index = 0; index < tags; index += 1) {
      const digest = `sha256:${name}-${index}`;
      await core.db.run(sql("INSERT INTO manifest (digest, media_type, payload) VALUES ($1, 'm', 'abc')", digest));
      await core.db.run(
        sql(
          `INSERT INTO artifact (project_id, repository_id, repository_name, digest, type, media_type, manifest_media_type, size)
           SELECT $1, repository_id, name, $3, 'IMAGE', 'm', 'm', 3 FROM repository WHERE name = $2`,
          projectId,
          name,
          digest,
        ),
      );
    }
  };

  beforeAll(async () => {
    core = await CoreApp.start();
    uma = await core.createUser('uma');
    vera = await core.createUser('vera');
    openId = await core.createProject('find-open', uma, true);
    closedId = await core.createProject('find-closed', uma);
    await core.addMember(closedId, vera, 3);
    await addRepository(openId, 'find-open/app', 2);
    await addRepository(closedId, 'find-closed/App-2', 0);
    await addRepository(closedId, 'find-closed/app-unfinished', 0, false);
  });
  afterAll(() => core.stop());

  describe('GET /search', () => {
    const search = async (text: string, as?: TestUser) => {
      const { body } = await core.get(`/search?q=${text}`, as);
      const { project, repository } = body as {
        project: { name: string }[];
        repository: { repository_name: string }[];
      };
      return [project.map((found) => found.name), repository.map((found) => found.repository_name)];
    };

    it('finds what the caller may see', async () => {
      expect(await search('find')).toEqual([['find-open'], ['find-open/app']]);
      const all = [
        ['find-closed', 'find-open'],
        ['find-closed/App-2', 'find-open/app'],
      ];
      expect(await search('find', vera)).toEqual(all);
      expect(await search('find', admin)).toEqual(all);
      expect(await search('app', vera)).toEqual([[], ['find-closed/App-2', 'find-open/app']]);
      expect(await search('%25', admin)).toEqual([[], []]);
      expect(await search('absent', admin)).toEqual([[], []]);
    });

    it('tells Harbor’s fields', async () => {
      expect((await core.get('/search?q=find-open', uma)).body).toEqual({
        project: [
          {
            project_id: openId,
            owner_id: uma.userId,
            name: 'find-open',
            creation_time: expect.any(String) as string,
            update_time: expect.any(String) as string,
            current_user_role_id: 1,
            current_user_role_ids: [1],
            repo_count: 1,
            metadata: { public: 'true' },
            cve_allowlist: {
              items: null,
              creation_time: '0001-01-01T00:00:00.000Z',
              update_time: '0001-01-01T00:00:00.000Z',
            },
          },
        ],
        repository: [
          {
            project_id: openId,
            project_name: 'find-open',
            project_public: true,
            repository_name: 'find-open/app',
            pull_count: 4,
            artifact_count: 2,
          },
        ],
      });
    });

    it('wants something to look for', async () => {
      expect((await core.get('/search', admin)).status).toBe(422);
    });
  });

  describe('GET /statistics', () => {
    it('counts what is public and what is the caller’s own', async () => {
      const own = {
        private_project_count: 1,
        private_repo_count: 1,
        public_project_count: 2,
        public_repo_count: 1,
        total_project_count: 0,
        total_repo_count: 0,
        total_storage_consumption: 0,
      };
      const stranger = await core.createUser('stranger');
      expect((await core.get('/statistics', vera)).body).toEqual(own);
      expect((await core.get('/statistics', stranger)).body).toEqual({
        ...own,
        private_project_count: 0,
        private_repo_count: 0,
      });
      expect((await core.get('/statistics', admin)).body).toEqual({
        ...own,
        total_project_count: 3,
        total_repo_count: 2,
        total_storage_consumption: 6,
      });
      expect((await core.get('/statistics')).status).toBe(401);
    });
  });

  describe('audit logs', () => {
    interface Line {
      operation: string;
      resource: string;
      resource_type: string;
      username: string;
    }
    const lines = async (path: string, as?: TestUser) => (await core.get(path, as)).body as Line[];

    beforeAll(async () => {
      await core.db.run(
        sql(
          `INSERT INTO audit_log (project_id, operation, resource_type, resource, username)
           VALUES ($1, 'pull', 'artifact', 'find-closed/old:1', 'uma'), (1, 'pull', 'artifact', 'library/old:1', 'admin')`,
          closedId,
        ),
      );
    });

    it('are told to system administrators, newest first', async () => {
      const answer = await core.get('/auditlog-exts?page_size=1&q=resource_type=member', admin);
      expect(answer.body).toEqual([
        {
          id: expect.any(Number) as number,
          username: 'admin',
          resource: 'vera',
          resource_type: 'member',
          operation: 'create',
          operation_description: 'create user member vera in project find-closed',
          operation_result: true,
          op_time: expect.stringMatching(/Z$/) as string,
        },
      ]);
      expect(answer.headers['x-total-count']).toBe('1');
      const times = ((await core.get('/auditlog-exts', admin)).body as { op_time: string }[]).map(
        (line) => line.op_time,
      );
      expect(times).toEqual([...times].sort().reverse());
    });

    it('are told to admins of projects, of theirs only', async () => {
      const seen = await lines('/auditlog-exts?page_size=100', uma);
      expect(new Set(seen.map((line) => line.resource_type))).toEqual(new Set(['project', 'member']));
      expect(seen.map((line) => line.resource).sort()).toEqual(['find-closed', 'find-open', 'vera']);
      expect(await lines('/auditlog-exts', vera)).toEqual([]);
      expect(await lines('/auditlog-exts?q=project_id=1', uma)).toEqual([]);
      expect((await core.get('/auditlog-exts')).status).toBe(401);
    });

    it.each([
      ['operation=create,resource_type=project', ['find-closed', 'find-open']],
      ['resource=~OPEN', ['find-open']],
      ['Username=uma', ['find-closed', 'find-open']],
      ['op_time=[2020-01-01T00:00:00~2020-12-31T00:00:00]', []],
      ['op_time=[2020-01-01T00:00:00~]', ['find-closed', 'find-open', 'vera']],
      ['op_result=false', []],
    ])('narrow to %s', async (query, resources) => {
      const seen = await lines(`/auditlog-exts?q=${query}&sort=resource`, uma);
      expect(seen.map((line) => line.resource)).toEqual(resources);
    });

    it('of one project are told to its admins', async () => {
      expect((await lines('/projects/find-closed/auditlog-exts?sort=id', uma)).map((line) => line.resource)).toEqual([
        'find-closed',
        'vera',
      ]);
      for (const log of ['logs', 'auditlog-exts']) {
        expect((await core.get(`/projects/find-closed/${log}`, vera)).status).toBe(403);
        expect((await core.get(`/projects/find-closed/${log}`)).status).toBe(401);
        expect((await core.get(`/projects/find-open/${log}`)).status).toBe(401);
        expect((await core.get(`/projects/absent/${log}`, admin)).status).toBe(404);
        expect((await core.get(`/projects/${closedId}/${log}`, admin)).status).toBe(404);
      }
    });

    it('of old are still told', async () => {
      const expected = {
        id: expect.any(Number) as number,
        username: 'uma',
        resource: 'find-closed/old:1',
        resource_type: 'artifact',
        operation: 'pull',
        op_time: expect.any(String) as string,
      };
      expect(await lines('/audit-logs', uma)).toEqual([expected]);
      expect(await lines('/projects/find-closed/logs', uma)).toEqual([expected]);
      expect(await lines('/audit-logs', vera)).toEqual([]);
      expect(await lines('/audit-logs', admin)).toHaveLength(2);
      expect((await core.get('/audit-logs')).status).toBe(401);
    });

    it('have 18 kinds of event, and three of ours', async () => {
      const answer = await core.get('/auditlog-exts/events', admin);
      expect(answer.body).toHaveLength(21);
      expect(answer.body).toContainEqual({ event_type: 'update_project' });
      expect(answer.body).toContainEqual({ event_type: 'create_registry' });
      expect((await core.get('/auditlog-exts/events', uma)).status).toBe(403);
      expect((await core.get('/auditlog-exts/events')).status).toBe(401);
    });

    it('answer 400 to a filter that is none', async () => {
      expect((await core.get('/auditlog-exts?q=op_time=yesterday', admin)).status).toBe(400);
      expect((await core.get('/audit-logs?q=operation', admin)).status).toBe(400);
    });
  });

  auditPageCases(() => core);
  metricsCases(() => core);
});
