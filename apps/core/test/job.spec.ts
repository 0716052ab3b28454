import { randomUUID } from 'node:crypto';
import { sql } from '@haven/models';
import { startExecution } from '@haven/queue';
import { admin, createdId, CoreApp, type TestUser } from './core-app.js';

let core: CoreApp;
let somebody: TestUser;

beforeAll(async () => {
  core = await CoreApp.start();
  somebody = await core.createUser('somebody');
});
afterAll(() => core.stop());

/** A running task, as a worker would have it. */
async function runningTask(poolId: string): Promise<string> {
  const executionId = await core.db.transaction((tx) =>
    startExecution(tx, { vendorType: 'EXECUTION_SWEEP', trigger: 'MANUAL', parameters: {} }),
  );
  const task = await core.db.one<{ jobId: string }>(
    sql(
      `UPDATE task SET status = 'Running', worker_id = $2, start_time = now(), lease_until = now() + interval '1 minute'
        WHERE execution_id = $1 RETURNING job_id AS "jobId"`,
      executionId,
      poolId,
    ),
  );
  return task.jobId;
}

describe('the dashboard of jobs', () => {
  const poolId = randomUUID();

  it('shows pools and what they run', async () => {
    await core.db.run(
      sql(
        `INSERT INTO worker_pool (id, pool, host, pid, concurrency) VALUES ($1, 'general', 'node-1', 42, 10)`,
        poolId,
      ),
    );
    const gone = `INSERT INTO worker_pool (id, pool, host, pid, concurrency, heartbeat_time)
                  VALUES (gen_random_uuid(), 'general', 'gone', 1, 1, now() - interval '5 minutes')`;
    await core.db.run(sql(gone));
    const jobId = await runningTask(poolId);
    expect((await core.get('/jobservice/pools', admin)).body).toMatchObject([
      { worker_pool_id: poolId, pid: 42, host: 'node-1', concurrency: 10 },
    ]);
    const worker = { id: jobId, pool_id: poolId, job_name: 'EXECUTION_SWEEP', job_id: jobId };
    expect((await core.get('/jobservice/pools/all/workers', admin)).body).toMatchObject([worker]);
    expect((await core.get(`/jobservice/pools/${poolId}/workers`, admin)).body).toMatchObject([worker]);
    expect((await core.get(`/jobservice/pools/${randomUUID()}/workers`, admin)).body).toEqual([]);
    expect((await core.get('/jobservice/pools/nonsense/workers', admin)).body).toEqual([]);
  });

  it('shows the log of a job while it runs, and stops it', async () => {
    const jobId = await runningTask(poolId);
    const logOf = (): ReturnType<CoreApp['raw']> => core.raw('GET', `/api/v2.0/jobservice/jobs/${jobId}/log`, admin);
    expect((await logOf()).text).toBe('');
    await core.db.run(
      sql(
        `INSERT INTO job_log (task_id, content) SELECT id, 'half of it' || chr(10) FROM task WHERE job_id = $1`,
        jobId,
      ),
    );
    expect(await logOf()).toMatchObject({ status: 200, text: 'half of it\n' });
    expect((await core.put(`/jobservice/jobs/${jobId}`, undefined, admin)).status).toBe(200);
    const task = await core.db.one(sql('SELECT stop_requested FROM task WHERE job_id = $1', jobId));
    expect(task).toEqual({ stop_requested: true });
    expect((await core.put(`/jobservice/jobs/${randomUUID()}`, undefined, admin)).status).toBe(404);
    expect((await core.put('/jobservice/jobs/nonsense', undefined, admin)).status).toBe(404);
    expect((await core.raw('GET', '/api/v2.0/jobservice/jobs/nonsense/log', admin)).status).toBe(404);
  });

  it('counts what waits, pauses it, and stops it', async () => {
    const queueOf = async (job: string): Promise<unknown> =>
      ((await core.get('/jobservice/queues', admin)).body as { job_type: string }[]).find(
        ({ job_type: type }) => type === job,
      );
    const waiting = await core.db.transaction((tx) =>
      startExecution(tx, { vendorType: 'EXECUTION_SWEEP', trigger: 'MANUAL', parameters: {} }),
    );
    expect(await queueOf('EXECUTION_SWEEP')).toMatchObject({ count: 1, paused: false });
    expect((await core.put('/jobservice/queues/execution_sweep', { action: 'Pause' }, admin)).status).toBe(200);
    expect(await queueOf('EXECUTION_SWEEP')).toMatchObject({ paused: true });
    expect(await queueOf('REPLICATION')).toMatchObject({ paused: false });
    expect((await core.put('/jobservice/queues/all', { action: 'resume' }, admin)).status).toBe(200);
    expect(await queueOf('EXECUTION_SWEEP')).toMatchObject({ paused: false });
    expect((await core.put('/jobservice/queues/all', { action: 'stop' }, admin)).status).toBe(200);
    expect(await core.db.one(sql('SELECT status FROM execution WHERE id = $1', waiting))).toEqual({
      status: 'Stopped',
    });
    expect((await core.put('/jobservice/queues/all', { action: 'explode' }, admin)).status).toBe(400);
    expect((await core.put('/jobservice/queues/unknown', { action: 'stop' }, admin)).status).toBe(400);
  });

  it('tells anybody who is logged in whether schedules are paused', async () => {
    expect((await core.get('/schedules/all/paused', somebody)).body).toEqual({ paused: false });
    await core.put('/jobservice/queues/scheduler', { action: 'pause' }, admin);
    expect((await core.get('/schedules/all/paused', somebody)).body).toEqual({ paused: true });
    await core.put('/jobservice/queues/scheduler', { action: 'resume' }, admin);
    expect((await core.get('/schedules/scan/paused', somebody)).status).toBe(400);
    expect((await core.get('/schedules/all/paused')).status).toBe(401);
    expect((await core.get('/schedules', somebody)).status).toBe(403);
  });
});

describe('purges of the audit log', () => {
  const parameters = { audit_retention_hour: 168, include_event_types: 'pull_artifact,other', dry_run: true };
  const manual = { schedule: { type: 'Manual' }, parameters };

  it('are started by hand, and seen', async () => {
    const id = createdId(await core.post('/system/purgeaudit/schedule', manual, admin));
    const entry = { id, job_name: 'PURGE_AUDIT_LOG', job_kind: 'MANUAL', job_status: 'Running' };
    const { body } = await core.get(`/system/purgeaudit/${id}`, admin);
    expect(body).toMatchObject(entry);
    expect(JSON.parse((body as { job_parameters: string }).job_parameters)).toEqual(parameters);
    const list = await core.get('/system/purgeaudit?page_size=1', admin);
    expect(list.body).toMatchObject([entry]);
    expect((await core.raw('GET', `/api/v2.0/system/purgeaudit/${id}/log`, admin)).status).toBe(200);
    expect((await core.put(`/system/purgeaudit/${id}`, undefined, admin)).status).toBe(200);
    expect((await core.get(`/system/purgeaudit/${id}`, admin)).body).toMatchObject({ job_status: 'Stopped' });
    expect((await core.get('/system/purgeaudit/4711', admin)).status).toBe(404);
  });

  it('are started by the clock, until they are not', async () => {
    expect((await core.get('/system/purgeaudit/schedule', admin)).body).toEqual({});
    const daily = { schedule: { type: 'Daily', cron: '0 30 1 * * *' }, parameters };
    expect((await core.put('/system/purgeaudit/schedule', daily, admin)).status).toBe(200);
    expect((await core.get('/system/purgeaudit/schedule', admin)).body).toMatchObject({
      job_kind: '0 30 1 * * *',
      schedule: {
        type: 'Daily',
        cron: '0 30 1 * * *',
        next_scheduled_time: expect.stringMatching(/T01:30:00/) as string,
      },
    });
    const schedules = await core.get('/schedules', admin);
    expect(schedules.body).toMatchObject([{ vendor_type: 'PURGE_AUDIT_LOG', cron: '0 30 1 * * *' }]);
    const none = { schedule: { type: 'None' }, parameters };
    expect((await core.put('/system/purgeaudit/schedule', none, admin)).status).toBe(200);
    expect((await core.get('/system/purgeaudit/schedule', admin)).body).toEqual({});
  });

  it.each<[string, object]>([
    ['no schedule', { parameters }],
    ['no parameters', { schedule: { type: 'Manual' } }],
    ['no hours', { ...manual, parameters: { include_event_types: 'other' } }],
    ['no types', { ...manual, parameters: { audit_retention_hour: 1 } }],
    ['too many hours', { ...manual, parameters: { ...parameters, audit_retention_hour: 240_001 } }],
    ['half an hour', { ...manual, parameters: { ...parameters, audit_retention_hour: 0.5 } }],
    ['an unknown type of schedule', { schedule: { type: 'Sometimes' }, parameters }],
    ['a bad time', { schedule: { type: 'Custom', cron: '0 0 25 * * *' }, parameters }],
    ['no time', { schedule: { type: 'Custom' }, parameters }],
  ])('with %s are refused', async (_case, body) => {
    expect((await core.post('/system/purgeaudit/schedule', body, admin)).status).toBe(400);
  });
});
