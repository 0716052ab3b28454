import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Database, sql } from '@haven/models';
import { createLogger } from '@haven/observability';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@haven/testing';
import { Redis } from 'ioredis';
import {
  addTasks,
  startExecution,
  stopExecution,
  type JobContext,
  type JobHandler,
  type JobType,
  type NewTask,
} from '../src/index.js';
import { jobDefinition, jobTypes } from '../src/catalogue.js';
import { PermanentJobError } from '../src/job.js';
import { HandlerTable, runDueSchedules, sweepExecutions, WorkerPool } from '../src/worker.js';
import { saveSchedule } from '../src/schedule.js';

const log = createLogger('queue-test', 'silent');

type Work = (context: JobContext, parameters: { policyId: number }) => Promise<void>;

let test: TestDatabase;
let db: Database;
let redis: Redis;
/** A Redis database of this file's own: the names of the queues are fixed. */
let redisUrl: string;
const pools: WorkerPool[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'queue-test', connections: 10 });
  const url = new URL(testRedisUrl());
  url.pathname = '/7';
  redisUrl = url.href;
  redis = new Redis(redisUrl);
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
  await db.run(sql('DELETE FROM execution'));
  await db.run(sql('DELETE FROM job_queue_status'));
});
afterAll(async () => {
  await redis.flushdb();
  redis.disconnect();
  await db.close();
  await test.drop();
});

/** Starts workers whose transfers do `work`; further handlers are there for form's sake. */
async function workers(work: Work, concurrency = 4): Promise<WorkerPool> {
  const handlers = jobTypes
    .filter((job) => jobDefinition(job).pool === 'transfer')
    .map((job): JobHandler => ({
      job,
      run: (parameters, context) => work(context, parameters as { policyId: number }),
    }));
  const pool = new WorkerPool({
    pool: 'transfer',
    concurrency,
    db,
    redisUrl,
    handlers: new HandlerTable(['transfer'], handlers),
    log,
  });
  pools.push(pool);
  await pool.start();
  return pool;
}

const transfer = (policyId: number, lane = ''): NewTask => ({
  job: 'REPLICATION',
  lane,
  parameters: { policyId, operation: 'copy', source: 'a/b', target: 'c/d', artifacts: [], origin: [] },
});

/** An execution with these tasks and no others. */
async function execute(tasks: readonly NewTask[]): Promise<number> {
  return db.transaction(async (tx) => {
    const id = await startExecution(tx, { vendorType: 'REPLICATION', trigger: 'MANUAL', parameters: { policyId: 0 } });
    await tx.run(sql('DELETE FROM task WHERE execution_id = $1', id));
    await addTasks(tx, id, tasks);
    return id;
  });
}

const statusesOf = (id: number): Promise<{ status: string; tasks: number }[]> =>
  db.rows(
    sql(
      'SELECT status, count(*)::integer AS tasks FROM task WHERE execution_id = $1 GROUP BY status ORDER BY status',
      id,
    ),
  );

/** Asks until it is so; for what ends only in the database. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came to be so');
}
const ended = (id: number) => async (): Promise<boolean> =>
  (await db.maybe(sql(`SELECT 1 FROM execution WHERE id = $1 AND status <> 'Running'`, id))) !== null;
const statusOf = async (id: number): Promise<string> =>
  (await db.one<{ status: string }>(sql('SELECT status FROM execution WHERE id = $1', id))).status;

describe('jobs', () => {
  it('run once each and end their execution, with its log and what they reported', async () => {
    const ran = new Map<number, number>();
    await workers(async (context, { policyId }) => {
      ran.set(policyId, (ran.get(policyId) ?? 0) + 1);
      context.log.info(`copying ${policyId}`);
      context.report({ bytes: policyId });
      return Promise.resolve();
    });
    const id = await execute(Array.from({ length: 60 }, (_, n) => transfer(n)));
    await until(ended(id));
    expect(await statusOf(id)).toBe('Success');
    expect([...ran.values()]).toEqual(Array(60).fill(1));
    const one = await db.one<{ content: string; bytes: number }>(
      sql(
        `SELECT content, (extra_attrs->>'bytes')::integer AS bytes FROM task JOIN job_log ON task_id = task.id
            WHERE execution_id = $1 AND parameters->>'policyId' = '7'`,
        id,
      ),
    );
    expect(one.bytes).toBe(7);
    expect(one.content).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \[INFO\] copying 7\n$/);
    const told = await db.rows<{ payload: object }>(sql(`SELECT payload FROM outbox WHERE topic = 'execution.ended'`));
    expect(told).toContainEqual({
      payload: { executionId: id, vendorType: 'REPLICATION', vendorId: 0, status: 'Success' },
    });
  });

  it('take turns: a long lane does not hold up a short one', async () => {
    const order: number[] = [];
    const first = Promise.withResolvers<undefined>();
    await workers(async (_context, { policyId }) => {
      order.push(policyId);
      await first.promise;
    }, 2);
    const long = await execute(Array.from({ length: 10_000 }, () => transfer(1, 'project:1')));
    await until(() => Promise.resolve(order.length === 2));
    const short = await execute([transfer(2, 'project:2')]);
    await until(
      async () =>
        (await db.maybe(sql(`SELECT 1 FROM task WHERE lane = 'project:2' AND status <> 'Pending'`))) !== null ||
        order.length > 2,
    );
    first.resolve(undefined);
    await until(ended(short));
    // Two were running, and a window of twice the workers was already on its way.
    expect(order.indexOf(2)).toBeLessThan(2 + 4 + 1);
    await db.transaction((tx) => stopExecution(tx, long));
    await until(ended(long));
  });

  it('that fail are tried again, and in the end say why', async () => {
    const tries: number[] = [];
    await workers((_context, { policyId }) => {
      tries.push(policyId);
      if (policyId === 1) throw new PermanentJobError('no such policy');
      if (tries.filter((tried) => tried === 2).length === 1) throw new Error('internal detail /etc/passwd');
      return Promise.resolve();
    });
    const id = await execute([transfer(1), transfer(2)]);
    await until(ended(id));
    expect(tries.filter((tried) => tried === 1)).toHaveLength(1);
    expect(tries.filter((tried) => tried === 2)).toHaveLength(2);
    expect(await statusOf(id)).toBe('Error');
    const tasks = await db.rows<{ status: string; message: string }>(
      sql('SELECT status, status_message AS message FROM task WHERE execution_id = $1 ORDER BY id', id),
    );
    expect(tasks).toEqual([
      { status: 'Error', message: 'no such policy' },
      { status: 'Success', message: '' },
    ]);
    const logs = await db.rows<{ content: string }>(sql('SELECT content FROM job_log'));
    expect(JSON.stringify(logs)).toContain('unexpected failure');
    expect(JSON.stringify(logs)).not.toContain('passwd');
  });

  it('that add others add each once, however often they are run', async () => {
    let runs = 0;
    await workers(async ({ addTasks: add }, { policyId }) => {
      if (policyId !== 1) return;
      runs += 1;
      await add(runs === 1 ? [transfer(2)] : [transfer(2), transfer(3)]);
      if (runs === 1) throw new Error('lost half-way');
    });
    const id = await execute([transfer(1)]);
    await until(ended(id));
    expect(runs).toBe(2);
    expect(await statusesOf(id)).toEqual([{ status: 'Success', tasks: 3 }]);
  });

  it('are stopped while they run, within two seconds, and while they wait, at once', async () => {
    const begun = Promise.withResolvers<undefined>();
    let stoppedAfterMs = Number.NaN;
    await workers(async ({ signal }) => {
      begun.resolve(undefined);
      const since = Date.now();
      await once(signal, 'abort');
      stoppedAfterMs = Date.now() - since;
      signal.throwIfAborted();
    }, 1);
    const id = await execute([transfer(1), transfer(2), transfer(3), transfer(4)]);
    await begun.promise;
    await db.transaction((tx) => stopExecution(tx, id));
    await until(ended(id));
    expect(stoppedAfterMs).toBeLessThan(2_000);
    expect(await statusesOf(id)).toEqual([{ status: 'Stopped', tasks: 4 }]);
    expect(await statusOf(id)).toBe('Stopped');
  });

  it('survive a Redis that forgets everything, each once', async () => {
    const ran = new Map<number, number>();
    const gate = Promise.withResolvers<undefined>();
    await workers(async (_context, { policyId }) => {
      ran.set(policyId, (ran.get(policyId) ?? 0) + 1);
      await gate.promise;
    }, 10);
    const id = await execute(Array.from({ length: 500 }, (_, n) => transfer(n)));
    await until(() => Promise.resolve(ran.size === 10));
    await redis.flushdb();
    gate.resolve(undefined);
    await until(ended(id));
    expect(await statusOf(id)).toBe('Success');
    expect([...ran.values()]).toEqual(Array(500).fill(1));
  }, 30_000);

  it('of a lost process go on in another one', async () => {
    const held: JobContext[] = [];
    await workers(async (context) => {
      held.push(context);
      if (held.length > 1) return;
      context.report({ offset: 5 });
      await once(context.signal, 'abort');
      context.signal.throwIfAborted();
    });
    const id = await execute([transfer(1)]);
    await until(async () => (await db.maybe(sql(`SELECT 1 FROM task WHERE extra_attrs->>'offset' = '5'`))) !== null);
    // As if its process had shown no life for the length of the lease, and its lease had been taken.
    await db.run(sql(`UPDATE task SET lease_until = now() - interval '1 second', worker_id = $1`, randomUUID()));
    await until(ended(id));
    expect(held.map(({ run, attributes }) => ({ run, attributes }))).toEqual([
      { run: 1, attributes: {} },
      { run: 2, attributes: { offset: 5 } },
    ]);
    expect(held[0]?.signal.reason).toBe('lost');
    expect(await statusOf(id)).toBe('Success');
  });

  it('are given back when their process ends in order', async () => {
    const begun = Promise.withResolvers<undefined>();
    const first = await workers(async ({ signal }) => {
      begun.resolve(undefined);
      await once(signal, 'abort');
      signal.throwIfAborted();
    });
    const id = await execute([transfer(1)]);
    await begun.promise;
    await first.stop();
    expect(await statusesOf(id)).toEqual([{ status: 'Pending', tasks: 1 }]);
    await workers(() => Promise.resolve());
    await until(ended(id));
    expect(await statusOf(id)).toBe('Success');
  });

  it('of a paused kind wait', async () => {
    const ran: number[] = [];
    await db.run(sql(`INSERT INTO job_queue_status (job_type, paused) VALUES ('REPLICATION', true)`));
    const pool = await workers((_context, { policyId }) => {
      ran.push(policyId);
      return Promise.resolve();
    });
    const id = await execute([transfer(1)]);
    pool.nudge();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(ran).toEqual([]);
    await db.run(sql('UPDATE job_queue_status SET paused = false'));
    await until(ended(id));
    expect(ran).toEqual([1]);
  });
});

describe('handlers', () => {
  const handler = (job: JobType): JobHandler => ({ job, run: () => Promise.resolve() });
  const transfers = jobTypes.filter((job) => jobDefinition(job).pool === 'transfer');

  it('are there for each job, once', () => {
    expect(() => new HandlerTable(['transfer'], [])).toThrow('jobs without a handler: REPLICATION');
    expect(() => new HandlerTable(['transfer'], [...transfers, 'REPLICATION' as const].map(handler))).toThrow(
      'job REPLICATION has two handlers',
    );
    expect(() => new HandlerTable(['transfer'], [handler('EXECUTION_SWEEP')])).toThrow('is run elsewhere');
  });
});

describe('schedules', () => {
  it('start what is due once, however many look, and name the next time', async () => {
    await saveSchedule(db, {
      vendorType: 'REPLICATION',
      vendorId: 9,
      cron: '0 0 * * * *',
      parameters: { policyId: 9 },
    });
    const due = new Date(Date.now() + 3 * 3_600_000);
    const started = await Promise.all([1, 2, 3].map(() => db.transaction((tx) => runDueSchedules(tx, due))));
    expect(started.toSorted()).toEqual([0, 0, 1]);
    const execution = await db.rows(sql('SELECT vendor_id, trigger, status FROM execution'));
    expect(execution).toEqual([{ vendor_id: 9, trigger: 'SCHEDULE', status: 'Running' }]);
    const next = await db.one<{ next: Date }>(sql('SELECT next_run_at AS next FROM schedule WHERE vendor_id = 9'));
    expect(next.next.getTime()).toBeGreaterThan(due.getTime());
  });
});

describe('the sweep', () => {
  it('keeps the newest executions of each policy, and those that run', async () => {
    await db.run(
      sql(`INSERT INTO execution (vendor_type, vendor_id, trigger, status)
           SELECT 'REPLICATION', n % 2, 'MANUAL', CASE WHEN n = 1 THEN 'Running' ELSE 'Success' END
             FROM generate_series(1, 240) AS n`),
    );
    expect(await sweepExecutions(db)).toBe(139);
    expect(await sweepExecutions(db)).toBe(0);
    const kept = await db.rows(
      sql('SELECT vendor_id AS policy, count(*)::integer AS kept FROM execution GROUP BY 1 ORDER BY 1'),
    );
    expect(kept).toEqual([
      { policy: 0, kept: 50 },
      { policy: 1, kept: 51 },
    ]);
  });
});
