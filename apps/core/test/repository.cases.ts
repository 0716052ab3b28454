import { recomputeUsedBytes, readUsedBytes, sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, type Answer, type CoreApp, type TestUser } from './core-app.js';

const names = ({ body }: Answer): string[] => (body as { name: string }[]).map(({ name }) => name);

/** Tests of the repository operations. */
export function repositoryCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let open: ContentBuilder;
  let closed: ContentBuilder;
  let guest: TestUser;
  let maintainer: TestUser;
  let developer: TestUser;
  let stranger: TestUser;

  beforeAll(async () => {
    core = coreOf();
    open = new ContentBuilder(core.db, await core.createProject('repo-open', admin, true), 'repo-open');
    closed = new ContentBuilder(core.db, await core.createProject('repo-closed'), 'repo-closed');
    guest = await core.createUser('repo-guest');
    developer = await core.createUser('repo-developer');
    maintainer = await core.createUser('repo-maintainer');
    stranger = await core.createUser('repo-stranger');
    await core.addMember('repo-closed', guest, 3);
    await core.addMember('repo-closed', developer, 2);
    await core.addMember('repo-closed', maintainer, 4);
    for (const [name, tag] of [
      ['alpha', 'v1'],
      ['beta/deep/er', 'v1'],
      ['gamma', 'v1'],
    ] as const) {
      await open.push(name, `manifest of ${name}`, { tag });
    }
    await open.startUpload('uploading');
    await closed.push('hidden', 'manifest of hidden', { tag: 'v1' });
  });

  it('lists those with a manifest, the newest first, page by page', async () => {
    const first = await core.get('/projects/repo-open/repositories?page_size=2', admin);
    expect(names(first)).toEqual(['repo-open/gamma', 'repo-open/beta/deep/er']);
    expect(first.headers['x-total-count']).toBe('3');
    expect(first.headers['link']).toBe('</api/v2.0/projects/repo-open/repositories?page=2&page_size=2>; rel="next"');
    const second = await core.get('/projects/repo-open/repositories?page=2&page_size=2', admin);
    expect(names(second)).toEqual(['repo-open/alpha']);
    expect(second.headers['link']).toBe('</api/v2.0/projects/repo-open/repositories?page=1&page_size=2>; rel="prev"');
    expect((await core.get('/projects/repo-open/repositories?page=7', admin)).body).toEqual([]);
  });

  it('filters and sorts', async () => {
    const ask = async (query: string) => names(await core.get(`/projects/repo-open/repositories?${query}`, admin));
    expect(await ask('sort=name')).toEqual(['repo-open/alpha', 'repo-open/beta/deep/er', 'repo-open/gamma']);
    expect(await ask('q=name%3D~ALPH')).toEqual(['repo-open/alpha']);
    expect(await ask('q=name%3D{repo-open/alpha repo-open/gamma}&sort=name')).toEqual([
      'repo-open/alpha',
      'repo-open/gamma',
    ]);
    expect(await ask('q=name%3Dno-such')).toEqual([]);
    expect((await core.get('/projects/repo-open/repositories?q=name', admin)).status).toBe(400);
    expect((await core.get('/projects/repo-open/repositories?page_size=101', admin)).status).toBe(422);
  });

  it('finds those that use a blob', async () => {
    const blob = `sha256:${'b'.repeat(64)}`;
    await core.db.run(sql('INSERT INTO blob (digest, size) VALUES ($1, 1)', blob));
    await core.db.run(
      sql(
        `INSERT INTO artifact_blob (artifact_id, digest_blob, repository_id, project_id)
         SELECT id, $1, repository_id, project_id FROM artifact WHERE repository_name = 'repo-open/beta/deep/er'`,
        blob,
      ),
    );
    expect(names(await core.get(`/repositories?q=blob_digest%3D${blob}`, admin))).toEqual(['repo-open/beta/deep/er']);
  });

  it('shows one, whose slashes come escaped twice, or once', async () => {
    for (const path of ['beta%252Fdeep%252Fer', 'beta%2Fdeep%2Fer']) {
      const answer = await core.get(`/projects/repo-open/repositories/${path}`, admin);
      expect(answer).toMatchObject({ status: 200, body: { name: 'repo-open/beta/deep/er' } });
    }
    expect((await core.get('/projects/repo-closed/repositories/hidden', guest)).body).toEqual({
      id: expect.any(Number) as number,
      project_id: expect.any(Number) as number,
      name: 'repo-closed/hidden',
      artifact_count: 1,
      pull_count: 0,
      creation_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      update_time: expect.stringMatching(/Z$/) as string,
    });
  });

  it('knows nothing of those that are missing or have uploads only', async () => {
    for (const name of ['uploading', 'missing', '%2500', 'UPPER', 'a'.repeat(300)]) {
      const { status } = await core.get(`/projects/repo-open/repositories/${name}`, admin);
      expect([name, status]).toEqual([name, name === '%2500' ? 400 : 404]);
    }
    expect((await core.put('/projects/repo-open/repositories/uploading', { description: 'x' }, admin)).status).toBe(
      404,
    );
    expect((await core.delete('/projects/repo-open/repositories/uploading', admin)).status).toBe(404);
    expect((await core.get('/projects/no-such/repositories', admin)).status).toBe(404);
  });

  it('lets anyone list a public project, but look at one repository only as a member', async () => {
    expect((await core.get('/projects/repo-open/repositories')).status).toBe(200);
    expect((await core.get('/projects/repo-open/repositories/alpha')).status).toBe(401);
    expect((await core.get('/projects/repo-open/repositories/alpha', stranger)).status).toBe(403);
    expect((await core.get('/projects/repo-closed/repositories')).status).toBe(401);
    expect((await core.get('/projects/repo-closed/repositories', stranger)).status).toBe(403);
    expect((await core.get('/projects/no-such/repositories', stranger)).status).toBe(403);
    expect((await core.get('/projects/repo-closed/repositories', guest)).status).toBe(200);
  });

  it('lists across projects what the caller may see', async () => {
    const ask = async (as?: TestUser) => names(await core.get('/repositories?q=name%3D~repo-&sort=name', as));
    const everything = ['repo-closed/hidden', 'repo-open/alpha', 'repo-open/beta/deep/er', 'repo-open/gamma'];
    expect(await ask(admin)).toEqual(everything);
    expect(await ask(guest)).toEqual(everything);
    expect(await ask(stranger)).toEqual(everything.slice(1));
    expect(await ask()).toEqual(everything.slice(1));
    const page = await core.get('/repositories?q=name%3D~repo-&page_size=1', stranger);
    expect(page.headers['x-total-count']).toBe('3');
  });

  it('changes the description and nothing else', async () => {
    const path = '/projects/repo-closed/repositories/hidden';
    expect((await core.put(path, { description: 'x' }, guest)).status).toBe(403);
    const change = { description: 'a <b> & "c"', pull_count: 7, name: 'other' };
    expect(await core.put(path, change, developer)).toMatchObject({ status: 200, body: undefined });
    expect((await core.get(path, developer)).body).toMatchObject({
      name: 'repo-closed/hidden',
      description: 'a <b> & "c"',
      pull_count: 0,
    });
    expect((await core.put(path, { description: 7 }, developer)).status).toBe(400);
    expect((await core.put(path, { description: 'nul\0' }, developer)).status).toBe(400);
    expect((await core.put(path, {}, developer)).status).toBe(200);
    expect((await core.get(path, developer)).body).not.toHaveProperty('description');
  });

  it('counts the artifacts that the list of artifacts shows', async () => {
    const child = await closed.push('counted', 'child of counted');
    const index = await closed.pushIndex('counted', 'index of counted', [{ digest: child }], 'multi');
    await closed.pushAccessory('counted', 'signature of counted', index);
    await closed.push('counted', 'untagged of counted');
    const answer = await core.get('/projects/repo-closed/repositories/counted', guest);
    expect(answer.body).toMatchObject({ artifact_count: 2 });
  });

  it('deletes all of it, which is then in the trash and in the audit log', async () => {
    const path = '/projects/repo-closed/repositories/doomed';
    const child = await closed.push('doomed', 'child of doomed');
    await closed.pushIndex('doomed', 'index of doomed', [{ digest: child }], 'multi');
    expect((await core.delete(path, developer)).status).toBe(403);
    expect(await core.delete(path, maintainer)).toMatchObject({ status: 200, body: undefined });
    expect((await core.get(path, maintainer)).status).toBe(404);
    expect((await core.delete(path, maintainer)).status).toBe(404);
    const { trashed, audited, projectId } = await core.db.one<{ trashed: number; audited: number; projectId: number }>(
      sql(
        `SELECT (SELECT count(*) FROM artifact_trash WHERE repository_name = $1) AS trashed,
                (SELECT count(*) FROM audit_log_ext WHERE resource = $1 AND operation = 'delete'
                    AND resource_type = 'repository' AND username = 'repo-maintainer') AS audited,
                (SELECT project_id FROM project WHERE name = 'repo-closed') AS "projectId"`,
        'repo-closed/doomed',
      ),
    );
    expect([trashed, audited]).toEqual([2, 1]);
    expect(await readUsedBytes(core.db, projectId)).toBe(await recomputeUsedBytes(core.db, projectId));
  });
}
