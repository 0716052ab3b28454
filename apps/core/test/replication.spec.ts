import { sql } from '@haven/models';
import { startExecution } from '@haven/queue';
import { admin, createdId, CoreApp } from './core-app.js';

let core: CoreApp;
let registryId: number;

beforeAll(async () => {
  core = await CoreApp.start();
  const row = await core.db.one<{ id: number }>(
    sql(
      `INSERT INTO registry (name, type, url) VALUES ('branch', 'harbor', 'https://branch.example.com') RETURNING id`,
    ),
  );
  registryId = row.id;
});
afterAll(() => core.stop());

const policy = (name: string, changes: object = {}): object => ({
  name,
  dest_registry: { id: registryId },
  enabled: true,
  trigger: { type: 'manual' },
  ...changes,
});
const make = async (name: string, changes: object = {}): Promise<number> =>
  createdId(await core.post('/replication/policies', policy(name, changes), admin));
const messageOf = (body: unknown): string => (body as { errors: { message: string }[] }).errors[0]?.message ?? '';

describe('replication policies', () => {
  it('show what they were given, and both ends', async () => {
    const id = await make('whole', {
      description: 'all of it',
      dest_namespace: 'mirror',
      dest_namespace_replace_count: 1,
      trigger: { type: 'scheduled', trigger_settings: { cron: '0 15 2 * * *' } },
      filters: [
        { type: 'name', value: 'library/**' },
        { type: 'tag', value: 'v*', decoration: 'excludes' },
        { type: 'label', value: ['prod'], decoration: 'matches' },
        { type: 'resource', value: 'image' },
      ],
      replicate_deletion: true,
      override: true,
      speed: -5,
      copy_by_chunk: true,
      single_active_replication: true,
    });
    const { body } = await core.get(`/replication/policies/${id}`, admin);
    expect(body).toMatchObject({
      id,
      name: 'whole',
      src_registry: { id: 0, name: 'Local' },
      dest_registry: { id: registryId, name: 'branch', url: 'https://branch.example.com', status: 'unknown' },
      dest_namespace: 'mirror',
      dest_namespace_replace_count: 1,
      trigger: { type: 'scheduled', trigger_settings: { cron: '0 15 2 * * *' } },
      filters: [
        { type: 'name', value: 'library/**' },
        { type: 'tag', value: 'v*', decoration: 'excludes' },
        { type: 'label', value: ['prod'], decoration: 'matches' },
        { type: 'resource', value: 'image' },
      ],
      replicate_deletion: true,
      deletion: true,
      override: true,
      enabled: true,
      speed: 0,
      copy_by_chunk: true,
      single_active_replication: true,
    });
    const schedules = await core.db.rows(
      sql(`SELECT cron FROM schedule WHERE vendor_type = 'REPLICATION' AND vendor_id = $1`, id),
    );
    expect(schedules).toEqual([{ cron: '0 15 2 * * *' }]);
    expect(
      (await core.put(`/replication/policies/${id}`, policy('whole', { trigger: { type: 'manual' } }), admin)).status,
    ).toBe(200);
    expect(await core.db.rows(sql('SELECT 1 FROM schedule WHERE vendor_id = $1', id))).toEqual([]);
    const list = await core.get('/replication/policies?name=hol', admin);
    expect((list.body as { name: string }[]).map(({ name }) => name)).toEqual(['whole']);
    expect(list.headers['x-total-count']).toBe('1');
  });

  it.each<[string, object, number, string]>([
    ['no name', { name: '' }, 400, 'empty name'],
    ['no other end', { dest_registry: null }, 400, 'either src_registry or dest_registry should be empty'],
    ['two other ends', { src_registry: { id: 1 }, dest_registry: { id: 2 } }, 400, 'either src_registry'],
    ['an unknown end', { dest_registry: { id: 4711 } }, 404, 'registry 4711 not found'],
    ['a bad namespace', { dest_namespace: 'UPPER' }, 400, 'invalid destination namespace'],
    ['an unknown trigger', { trigger: { type: 'sometimes' } }, 400, 'invalid trigger type'],
    ['no times', { trigger: { type: 'scheduled' } }, 400, 'cron string cannot be empty'],
    ['five fields', { trigger: { type: 'scheduled', trigger_settings: { cron: '0 2 * * *' } } }, 400, 'invalid cron'],
    ['seconds', { trigger: { type: 'scheduled', trigger_settings: { cron: '1 0 2 * * *' } } }, 400, '1st field'],
    [
      'every minute',
      { trigger: { type: 'scheduled', trigger_settings: { cron: '0 * * * * *' } } },
      400,
      '* is not allowed',
    ],
    [
      'a day that never comes',
      { trigger: { type: 'scheduled', trigger_settings: { cron: '0 0 0 31 2 *' } } },
      400,
      'never comes',
    ],
    ['an unknown filter', { filters: [{ type: 'size', value: '1' }] }, 400, 'invalid filter type'],
    ['a tag that is a number', { filters: [{ type: 'tag', value: 1 }] }, 400, "isn't string"],
    ['a label that is a text', { filters: [{ type: 'label', value: 'prod' }] }, 400, "isn't string slice"],
    ['a decorated name', { filters: [{ type: 'name', value: 'a', decoration: 'matches' }] }, 400, 'only tag and label'],
    ['an unknown resource', { filters: [{ type: 'resource', value: 'chart' }] }, 400, 'invalid resource filter'],
    ['a broken pattern', { filters: [{ type: 'name', value: 'a{b' }] }, 400, 'invalid pattern'],
    [
      'single active by events',
      { trigger: { type: 'event_based' }, single_active_replication: true },
      400,
      'single active',
    ],
  ])('with %s are refused', async (_case, changes, status, message) => {
    const answer = await core.post('/replication/policies', policy('refused', changes), admin);
    expect([answer.status, messageOf(answer.body)]).toEqual([status, expect.stringContaining(message)]);
  });

  it('have names of their own', async () => {
    await make('once');
    expect((await core.post('/replication/policies', policy('once'), admin)).status).toBe(409);
    const other = await make('twice');
    expect((await core.put(`/replication/policies/${other}`, policy('once'), admin)).status).toBe(409);
    expect((await core.put('/replication/policies/4711', policy('none'), admin)).status).toBe(404);
  });
});

describe('executions', () => {
  it('are started, seen, and stopped', async () => {
    const policyId = await make('started');
    const id = createdId(await core.post('/replication/executions', { policy_id: policyId }, admin));
    expect((await core.get(`/replication/executions/${id}`, admin)).body).toMatchObject({
      id,
      policy_id: policyId,
      status: 'InProgress',
      trigger: 'manual',
      total: 0,
      status_text: '',
    });
    await core.db.run(
      sql(
        `INSERT INTO task (execution_id, vendor_type, pool, extra_attrs)
         SELECT $1, 'REPLICATION', 'transfer', '{"operation":"copy","resource_type":"image","src_resource":"a/b"}'
           FROM generate_series(1, 3)`,
        id,
      ),
    );
    const tasks = await core.get(`/replication/executions/${id}/tasks?page_size=2`, admin);
    expect(tasks.headers['x-total-count']).toBe('3');
    expect(tasks.body).toMatchObject([
      { execution_id: id, operation: 'copy', src_resource: 'a/b', status: 'Pending' },
      {},
    ]);
    const [task] = tasks.body as { id: number }[];
    await core.db.run(sql(`INSERT INTO job_log (task_id, content) VALUES ($1, 'one\n'), ($1, 'two\n')`, task?.id));
    const log = await core.raw('GET', `/api/v2.0/replication/executions/${id}/tasks/${task?.id ?? 0}/log`, admin);
    expect([log.status, log.headers['content-type'], log.text]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'one\ntwo\n',
    ]);
    const empty = await core.get(`/replication/executions/${id}/tasks/4711/log`, admin);
    expect(empty.status).toBe(404);

    expect((await core.put(`/replication/executions/${id}`, undefined, admin)).status).toBe(200);
    expect((await core.get(`/replication/executions/${id}`, admin)).body).toMatchObject({
      status: 'Stopped',
      stopped: 3,
      total: 3,
    });
    expect((await core.put(`/replication/executions/${id}`, undefined, admin)).status).toBe(200);
    expect((await core.put('/replication/executions/4711', undefined, admin)).status).toBe(404);
    const found = async (query: string): Promise<unknown> =>
      ((await core.get(`/replication/executions?policy_id=${policyId}&${query}`, admin)).body as object[]).length;
    expect([
      await found('status=Stopped'),
      await found('status=InProgress'),
      await found('trigger=manual'),
      await found('trigger=scheduled'),
    ]).toEqual([1, 0, 1, 0]);
  });

  it('of a disabled policy are refused, and of a single active one they do not overlap', async () => {
    const disabled = await make('disabled', { enabled: false });
    expect((await core.post('/replication/executions', { policy_id: disabled }, admin)).status).toBe(412);
    expect((await core.post('/replication/executions', { policy_id: 4711 }, admin)).status).toBe(404);
    const single = await make('single', { single_active_replication: true });
    const started = await Promise.all(
      [1, 2, 3].map(async () => createdId(await core.post('/replication/executions', { policy_id: single }, admin))),
    );
    const { body } = await core.get(`/replication/executions?policy_id=${single}&sort=id`, admin);
    expect(started).toHaveLength(3);
    expect(
      (body as { status: string; status_text: string }[]).map(({ status, status_text }) => [status, status_text]),
    ).toEqual([
      ['InProgress', ''],
      ['Failed', 'Execution skipped: active replication still in progress.'],
      ['Failed', 'Execution skipped: active replication still in progress.'],
    ]);
  });

  it('go with their policy', async () => {
    const policyId = await make('gone');
    const id = await core.db.transaction((tx) =>
      startExecution(tx, { vendorType: 'REPLICATION', vendorId: policyId, trigger: 'EVENT', parameters: { policyId } }),
    );
    expect((await core.delete(`/replication/policies/${policyId}`, admin)).status).toBe(200);
    expect((await core.get(`/replication/policies/${policyId}`, admin)).status).toBe(404);
    expect((await core.get(`/replication/executions/${id}`, admin)).status).toBe(404);
  });
});
