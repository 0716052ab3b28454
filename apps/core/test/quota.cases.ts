import { readUsedBytes, recomputeUsedBytes, sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, createdId, type CoreApp, type TestUser } from './core-app.js';

interface Quota {
  id: number;
  ref: { id: number; name: string; owner_name: string };
  hard: { storage: number };
  used: { storage: number };
}

/** Tests of how much projects may hold, and do. */
export function quotaCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let owner: TestUser;
  let projectId: number;
  let content: ContentBuilder;

  const quotaOf = async (id: number): Promise<Quota> => {
    const answer = await core.get(`/quotas?reference=project&reference_id=${id}`, admin);
    const [quota] = answer.body as [Quota];
    return quota;
  };
  const isExact = async (id: number): Promise<boolean> =>
    (await readUsedBytes(core.db, id)) === (await recomputeUsedBytes(core.db, id));

  beforeAll(async () => {
    core = coreOf();
    owner = await core.createUser('quota-owner');
    projectId = await core.createProject('counted', owner);
    content = new ContentBuilder(core.db, projectId, 'counted');
  });

  it('tell what a project may hold and does', async () => {
    await content.push('app', 'x'.repeat(1_000), { tag: 'v1' });
    const quota = await quotaOf(projectId);
    expect(quota).toMatchObject({
      ref: { id: projectId, name: 'counted', owner_name: 'quota-owner' },
      hard: { storage: -1 },
      used: { storage: 1_000 },
    });
    expect((await core.get(`/quotas/${quota.id}`, admin)).body).toEqual(quota);
    expect((await core.get('/quotas/999999', admin)).status).toBe(404);
    expect((await core.get('/quotas?reference=user', admin)).body).toEqual([]);
  });

  it('are sorted by what is used, and by what may be', async () => {
    const small = await core.createProject('counted-small', owner);
    await new ContentBuilder(core.db, small, 'counted-small').push('app', 'tiny', { tag: 'v1' });
    const order = async (sort: string): Promise<number[]> =>
      ((await core.get(`/quotas?page_size=100&sort=${sort}`, admin)).body as Quota[])
        .map(({ ref }) => ref.id)
        .filter((id) => [small, projectId].includes(id));
    expect(await order('used.storage')).toEqual([small, projectId]);
    expect(await order('-used.storage')).toEqual([projectId, small]);
    const { id } = await quotaOf(small);
    await core.put(`/quotas/${id}`, { hard: { storage: 500 } }, admin);
    expect(await order('-hard.storage')).toEqual([small, projectId]);
  });

  it('refuse what would go beyond, and take it again once something was deleted', async () => {
    const { id } = await quotaOf(projectId);
    expect((await core.put(`/quotas/${id}`, { hard: { storage: 1_500 } }, admin)).status).toBe(200);
    await expect(content.push('app', 'y'.repeat(600), { tag: 'v2' })).rejects.toThrow(
      'adding 600.0 B of storage resource, which when updated to current usage of 1000.0 B will exceed the configured upper limit of 1.5 KiB.',
    );
    await core.configure({ quota_per_project_enable: 'false' });
    await content.push('app', 'z'.repeat(600), { tag: 'v3' });
    await core.configure({ quota_per_project_enable: 'true' });
    expect((await core.delete('/projects/counted/repositories/app/artifacts/v1', owner)).status).toBe(200);
    expect((await quotaOf(projectId)).used.storage).toBe(600);
    await content.push('app', 'y'.repeat(600), { tag: 'v2' });
    expect((await quotaOf(projectId)).used.storage).toBe(1_200);
    expect(await isExact(projectId)).toBe(true);
  });

  it.each([
    [{}],
    [{ hard: {} }],
    [{ hard: { storage: 0 } }],
    [{ hard: { storage: -2 } }],
    [{ hard: { storage: 1_125_899_906_842_625 } }],
    [{ hard: { storage: 10, count: 5 } }],
    [{ hard: { storage: '10' } }],
  ])('are not set to %j', async (body) => {
    const { id } = await quotaOf(projectId);
    expect((await core.put(`/quotas/${id}`, body, admin)).status).toBe(400);
  });

  it('are for administrators', async () => {
    const { id } = await quotaOf(projectId);
    expect((await core.get('/quotas', owner)).status).toBe(403);
    expect((await core.put(`/quotas/${id}`, { hard: { storage: 5 } }, owner)).status).toBe(403);
    expect((await core.put('/quotas/999999', { hard: { storage: 5 } }, admin)).status).toBe(404);
  });

  it('are put right when the figures were wrong, and left alone when they were not', async () => {
    const before = await quotaOf(projectId);
    const sync = () => core.call('POST', '/api/internal/syncquota', { as: admin });
    expect((await sync()).status).toBe(200);
    expect(await quotaOf(projectId)).toEqual(before);
    await core.db.run(sql('UPDATE quota_usage SET used_bytes = used_bytes + 77 WHERE project_id = $1', projectId));
    await core.db.run(
      sql(`INSERT INTO project_blob (project_id, digest, size) VALUES ($1, 'sha256:unexplained', 5)`, projectId),
    );
    await core.db.run(
      sql(
        'DELETE FROM project_blob WHERE project_id = $1 AND digest = (SELECT max(digest) FROM artifact WHERE project_id = $1)',
        projectId,
      ),
    );
    expect(await isExact(projectId)).toBe(false);
    expect((await sync()).status).toBe(200);
    expect(await isExact(projectId)).toBe(true);
    expect((await quotaOf(projectId)).used).toEqual(before.used);
    expect((await core.call('POST', '/api/internal/syncquota', { as: owner })).status).toBe(403);
  });

  it('go with their project, and leave no charge behind', async () => {
    const gone = await core.createProject('counted-gone', owner);
    await new ContentBuilder(core.db, gone, 'counted-gone').push('app', 'gone soon', { tag: 'v1' });
    expect((await quotaOf(gone)).used.storage).toBe('gone soon'.length);
    expect((await core.delete('/projects/counted-gone', owner)).status).toBe(412);
    expect((await core.delete('/projects/counted-gone/repositories/app', owner)).status).toBe(200);
    expect((await quotaOf(gone)).used.storage).toBe(0);
    expect((await core.delete('/projects/counted-gone', owner)).status).toBe(200);
    expect(await quotaOf(gone)).toBeUndefined();
    expect([await readUsedBytes(core.db, gone), await recomputeUsedBytes(core.db, gone)]).toEqual([0, 0]);
  });

  it('of new projects are what administrators say, or the default', async () => {
    const limitOf = async (name: string, body: object, as: TestUser): Promise<number> => {
      const id = createdId(await core.post('/projects', { project_name: name, ...body }, as));
      return (await quotaOf(id)).hard.storage;
    };
    await core.configure({ storage_per_project: '7000' });
    expect(await limitOf('counted-default', {}, admin)).toBe(7_000);
    expect(await limitOf('counted-asked', { storage_limit: 9_000 }, admin)).toBe(9_000);
    expect(await limitOf('counted-endless', { storage_limit: -1 }, admin)).toBe(-1);
    expect(await limitOf('counted-user', { storage_limit: 9_000 }, owner)).toBe(7_000);
    await core.configure({ storage_per_project: '-1' });
  });
}
