import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { sql, type Database } from '@haven/models';
import type { Logger } from '@haven/observability';
import { Queue, Worker } from 'bullmq';
import type { Pool } from './catalogue.js';
import { claimForgotten, claimTasks, type HandedTask } from './claim.js';
import type { HandlerTable } from './handler-table.js';
import type { JobMetrics } from './job-metrics.js';
import { leaseSeconds, renewLeases, startTask, takeOverLostTasks } from './lease.js';
import { Ticker } from './ticker.js';
import { TaskRun } from './task-run.js';

export interface WorkerPoolOptions {
  pool: Pool;
  /** How many jobs run at once in this process. */
  concurrency: number;
  db: Database;
  redisUrl: string;
  handlers: HandlerTable;
  log: Logger;
  metrics?: JobMetrics;
}

const prefix = 'haven';
const tickMs = 500;
const heartbeatMs = 5_000;
/** How long a job may take to notice that its process ends. */
const graceMs = 10_000;

/**
 * The workers of one pool in one process, and its share in dispatching. PostgreSQL decides what is next and who holds
 * it; BullMQ carries a small window of tasks to whichever worker is free, and may lose them all.
 */
export class WorkerPool {
  readonly id = randomUUID();
  private readonly runs = new Map<number, TaskRun>();
  private readonly queue: Queue<HandedTask>;
  private readonly worker: Worker<HandedTask>;
  private readonly dispatching: Ticker;
  private readonly watching: Ticker;
  private heartbeatAt = 0;
  private renewedAt = 0;

  constructor(private readonly options: WorkerPoolOptions) {
    const { pool, redisUrl, concurrency, log, metrics } = options;
    metrics?.serves(pool, concurrency, () => this.runs.size);
    this.queue = new Queue(pool, {
      prefix,
      // Redis that is away is noticed at once: the tasks are handed over again later.
      connection: { url: redisUrl, enableOfflineQueue: false, maxRetriesPerRequest: 1 },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      skipMetasUpdate: true,
    });
    this.worker = new Worker<HandedTask>(pool, (job) => this.take(job.data), {
      prefix,
      connection: { url: redisUrl, maxRetriesPerRequest: null },
      concurrency,
      autorun: false,
      // Who holds a task is settled by its lease in PostgreSQL.
      skipStalledCheck: true,
    });
    const away = onceUntil(log, 'redis is away: waiting jobs are not begun');
    this.queue.on('error', away.failed);
    this.worker.on('error', away.failed);
    this.worker.on('ready', away.recovered);
    const stuck = onceUntil(log, 'jobs not dispatched, will be tried again');
    this.dispatching = new Ticker(tickMs, () => this.dispatch().then(stuck.recovered), stuck.failed);
    this.watching = new Ticker(tickMs, () => this.watch(), stuck.failed);
  }

  async start(): Promise<void> {
    await this.beat();
    this.worker.run().catch((error: unknown) => {
      this.options.log.error({ err: error }, 'workers ended');
    });
    this.dispatching.start();
    this.watching.start();
  }

  /** Lets nothing new begin, gives back what runs, and leaves the pool. */
  async stop(): Promise<void> {
    await this.dispatching.stop();
    for (const run of this.runs.values()) run.interrupt('shutdown');
    const closed = this.worker.close();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
    await this.watching.stop();
    await this.queue.close();
    await this.options.db.run(sql('DELETE FROM worker_pool WHERE id = $1', this.id));
  }

  /** Looks for waiting tasks now: some were just added. */
  nudge(): void {
    this.dispatching.nudge();
  }

  private async take({ id, runCount }: HandedTask): Promise<void> {
    const { db, handlers, log, metrics } = this.options;
    const task = await startTask(db, id, runCount, this.id);
    if (task === null) return;
    this.renewedAt = this.runs.size === 0 ? Date.now() : this.renewedAt;
    const run = new TaskRun(db, handlers, task, log);
    this.runs.set(id, run);
    const startedAt = performance.now();
    const end = await run.run();
    if (end !== null) metrics?.ended(task.job, end, (performance.now() - startedAt) / 1_000);
    this.runs.delete(id);
    this.nudge();
  }

  private async dispatch(): Promise<void> {
    const { db, pool } = this.options;
    if (Date.now() - this.heartbeatAt > heartbeatMs) await this.beat();
    await db.transaction((tx) => takeOverLostTasks(tx, pool));
    const claimed = await db.transaction((tx) => claimTasks(tx, pool));
    const tasks = [...(await claimForgotten(db, pool)), ...claimed];
    // A task that is there already, under the same id, is not added twice.
    await this.queue.addBulk(
      tasks.map((task) => ({ name: pool, data: task, opts: { jobId: `${task.id}-${task.runCount}` } })),
    );
  }

  private async beat(): Promise<void> {
    const { db, pool, concurrency } = this.options;
    await db.run(
      sql(
        `INSERT INTO worker_pool (id, pool, host, pid, concurrency) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET heartbeat_time = now()`,
        this.id,
        pool,
        hostname(),
        process.pid,
        concurrency,
      ),
    );
    await db.run(sql(`DELETE FROM worker_pool WHERE heartbeat_time < now() - interval '60 seconds'`));
    this.heartbeatAt = Date.now();
  }

  /** Keeps the leases, passes stops on, and lets go of what is not ours any more. */
  private async watch(): Promise<void> {
    if (this.runs.size === 0) return;
    const watched = [...this.runs];
    try {
      const held = new Map((await renewLeases(this.options.db, this.id)).map((task) => [task.id, task]));
      this.renewedAt = Date.now();
      for (const [id, run] of watched) {
        const row = held.get(id);
        if (row?.stopRequested === true) run.interrupt('stopped');
        if (row?.run !== run.task.run && this.runs.get(id) === run) run.interrupt('lost');
      }
    } finally {
      // Without the database nobody knows who holds what: after this time somebody else may.
      if (Date.now() - this.renewedAt > (leaseSeconds - 5) * 1_000) {
        for (const [, run] of watched) run.interrupt('lost');
      }
    }
  }
}

/** Tells of a failure once, until it has passed. */
function onceUntil(log: Logger, message: string): { failed: (error: unknown) => void; recovered: () => void } {
  let isTold = false;
  return {
    failed: (error) => {
      if (!isTold) log.warn({ err: error }, message);
      isTold = true;
    },
    recovered: () => {
      isTold = false;
    },
  };
}
