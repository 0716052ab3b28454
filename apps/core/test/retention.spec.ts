import { sql } from '@haven/models';
import { admin, createdId, CoreApp, type TestUser } from './core-app.js';

let core: CoreApp;
let owner: TestUser;
let guest: TestUser;
let stranger: TestUser;

beforeAll(async () => {
  core = await CoreApp.start();
  owner = await core.createUser('keep-owner');
  guest = await core.createUser('keep-guest');
  stranger = await core.createUser('keep-stranger');
});
afterAll(() => core.stop());

const rule = (template: string, value: unknown, changes: object = {}): object => ({
  action: 'retain',
  template,
  params: { [template]: value },
  tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: '**', extras: '{"untagged":true}' }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
  ...changes,
});
const policy = (projectId: number, changes: object = {}): object => ({
  algorithm: 'or',
  rules: [rule('latestPushedK', 3)],
  trigger: { kind: 'Schedule', settings: { cron: '' } },
  scope: { level: 'project', ref: projectId },
  ...changes,
});
let projects = 0;
const newProject = async (): Promise<number> => {
  projects += 1;
  const id = await core.createProject(`kept-${projects}`, owner);
  await core.addMember(id, guest, 3);
  return id;
};
const make = async (projectId: number, changes: object = {}): Promise<number> =>
  createdId(await core.post('/retentions', policy(projectId, changes), owner));

describe('retention policies', () => {
  it('belong to a project, which names them', async () => {
    const projectId = await newProject();
    const id = await make(projectId, { trigger: { kind: 'Schedule', settings: { cron: '0 0 3 * * *' } } });
    const { body } = await core.get(`/retentions/${id}`, owner);
    expect(body).toMatchObject({
      id,
      algorithm: 'or',
      rules: [rule('latestPushedK', 3)],
      trigger: {
        kind: 'Schedule',
        settings: { cron: '0 0 3 * * *', next_scheduled_time: expect.stringContaining('T03:00:00') as string },
      },
      scope: { level: 'project', ref: projectId },
    });
    const project = (await core.get(`/projects/${projectId}`, owner)).body as { metadata: { retention_id: string } };
    expect(project.metadata.retention_id).toBe(String(id));
    expect((await core.post('/retentions', policy(projectId), owner)).status).toBe(400);
    const changed = policy(projectId, { rules: [rule('always', undefined, { params: {} })] });
    expect((await core.put(`/retentions/${id}`, changed, owner)).status).toBe(200);
    expect(
      await core.db.rows(sql(`SELECT 1 FROM schedule WHERE vendor_type = 'RETENTION' AND vendor_id = $1`, id)),
    ).toEqual([]);
    const other = await newProject();
    expect((await core.put(`/retentions/${id}`, policy(other), owner)).status).toBe(404);
    expect((await core.delete(`/retentions/${id}`, owner)).status).toBe(200);
    expect((await core.get(`/retentions/${id}`, owner)).status).toBe(400);
    await make(projectId);
  });

  it('are for those who may', async () => {
    const projectId = await newProject();
    const id = await make(projectId);
    for (const [method, path, body] of [
      ['GET', `/retentions/${id}`, undefined],
      ['PUT', `/retentions/${id}`, policy(projectId)],
      ['DELETE', `/retentions/${id}`, undefined],
      ['POST', '/retentions', policy(projectId)],
      ['POST', `/retentions/${id}/executions`, { dry_run: true }],
      ['GET', `/retentions/${id}/executions`, undefined],
    ] as const) {
      const call = async (as?: TestUser): Promise<number> =>
        (await core.call(method, `/api/v2.0${path}`, { as, body })).status;
      expect([method, path, await call(), await call(stranger), await call(guest)]).toEqual([
        method,
        path,
        401,
        403,
        403,
      ]);
    }
    expect((await core.get('/retentions/metadatas')).status).toBe(401);
    expect((await core.get('/retentions/metadatas', stranger)).body).toMatchObject({
      templates: expect.arrayContaining([
        { rule_template: 'always', display_text: 'always', action: 'retain', params: [] },
      ]) as object[],
    });
  });

  it.each<[string, number, object]>([
    ['sixteen rules', 400, { rules: Array.from({ length: 16 }, (_, n) => rule('latestPushedK', n)) }],
    ['the same rule twice', 409, { rules: [rule('always', 1), rule('always', 1)] }],
    ['another algorithm', 400, { algorithm: 'and' }],
    ['another scope', 400, { scope: { level: 'system', ref: 1 } }],
    ['no such project', 400, { scope: { level: 'project', ref: 4711 } }],
    ['an unknown template', 400, { rules: [rule('mostLoved', 1)] }],
    ['a negative number', 400, { rules: [rule('latestPushedK', -1)] }],
    ['too large a number', 400, { rules: [rule('latestPushedK', 32_767)] }],
    ['a word for a number', 400, { rules: [rule('latestPushedK', 'three')] }],
    [
      'an unknown decoration',
      400,
      { rules: [rule('always', 0, { tag_selectors: [{ kind: 'doublestar', decoration: 'likes', pattern: 'a' }] })] },
    ],
    [
      'a broken pattern',
      400,
      {
        rules: [rule('always', 0, { tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'a{b' }] })],
      },
    ],
    ['seconds', 400, { trigger: { kind: 'Schedule', settings: { cron: '5 0 3 * * *' } } }],
    ['a time that is a number', 400, { trigger: { kind: 'Schedule', settings: { cron: 5 } } }],
    ['an unknown trigger', 400, { trigger: { kind: 'Event', settings: {} } }],
  ])('with %s are refused', async (_case, status, changes) => {
    expect((await core.post('/retentions', policy(await newProject(), changes), admin)).status).toBe(status);
  });
});

describe('runs of retention', () => {
  it('are started, seen with their plan, and stopped', async () => {
    const id = await make(await newProject());
    const path = `/retentions/${id}/executions`;
    const run = createdId(await core.post(path, { dry_run: true }, owner));
    expect((await core.get(path, owner)).body).toMatchObject([
      { id: run, policy_id: id, status: 'Running', trigger: 'MANUAL', dry_run: true },
    ]);
    await core.db.run(
      sql(
        `WITH added AS (INSERT INTO task (execution_id, vendor_type, pool, extra_attrs)
                        VALUES ($1, 'RETENTION', 'general', '{"repository":"app","total":5,"retained":3}') RETURNING id)
         INSERT INTO job_log (task_id, content) SELECT id, 'kept three' || chr(10) FROM added`,
        run,
      ),
    );
    await core.db.run(
      sql(
        `INSERT INTO retention_plan (execution_id, repository, digest, tags, push_time, fate, rule)
         VALUES ($1, 'kept/app', 'sha256:1', '{v1,v2}', now(), 'RETAIN', 1), ($1, 'kept/app', 'sha256:2', '{}', now(), 'DEL', NULL)`,
        run,
      ),
    );
    const earlier = createdId(await core.post(path, { dry_run: true }, owner));
    await core.db.run(
      sql(
        `INSERT INTO retention_plan (execution_id, repository, digest, tags, push_time, fate)
         VALUES ($1, 'kept/app', 'sha256:1', '{v1}', now(), 'DEL')`,
        earlier,
      ),
    );
    const plan = await core.get(`${path}/${run}/plan?q=fate=RETAIN`, owner);
    expect(plan.body).toMatchObject([
      { repository: 'kept/app', digest: 'sha256:1', tags: ['v1', 'v2'], fate: 'RETAIN', rule: 1 },
    ]);
    expect((await core.get(`${path}/${run}/plan`, owner)).body).toHaveLength(2);
    const tasks = (await core.get(`${path}/${run}/tasks`, owner)).body as { id: number }[];
    expect(tasks).toMatchObject([
      { execution_id: run, repository: 'app', status: 'Pending', status_code: 0, total: 5, retained: 3 },
    ]);
    const log = await core.raw('GET', `/api/v2.0${path}/${run}/tasks/${tasks[0]?.id ?? 0}`, owner);
    expect([log.status, log.text]).toEqual([200, 'kept three\n']);
    const stop = (action: string) => core.call('PATCH', `/api/v2.0${path}/${run}`, { as: owner, body: { action } });
    expect((await stop('pause')).status).toBe(400);
    expect((await stop('stop')).status).toBe(200);
    expect((await core.get(`${path}?q=id=${run}`, owner)).body).toMatchObject([{ id: run, status: 'Stopped' }]);
    expect((await core.get(`${path}/4711/tasks`, owner)).status).toBe(404);
  });
});
