import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { sql, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

export interface WorkerPoolRow {
  id: string;
  pid: number;
  host: string;
  concurrency: number;
  startTime: Date;
  heartbeatTime: Date;
}

export interface WorkerRow {
  poolId: string;
  jobId: string;
  job: string;
  startTime: Date | null;
  updateTime: Date;
}

export interface QueueRow {
  job: string;
  waiting: number;
  latencySeconds: number;
}

export interface ScheduleRow {
  id: number;
  vendorType: string;
  vendorId: number;
  cron: string;
  updateTime: Date;
}

const scheduleShape: ListShape = {
  fields: {
    id: { column: 'schedule.id', type: 'int' },
    vendor_type: { column: 'schedule.vendor_type', type: 'string' },
    update_time: { column: 'schedule.update_time', type: 'time' },
  },
  defaultSort: 'id',
  idColumn: 'schedule.id',
};

/** What runs, what waits, and what is paused. */
@Injectable()
export class JobserviceRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** Pools that have shown life within the last minute. */
  pools(): Promise<WorkerPoolRow[]> {
    return this.store.sql.rows<WorkerPoolRow>(
      sql(
        `SELECT id, pid, host, concurrency, start_time AS "startTime", heartbeat_time AS "heartbeatTime"
           FROM worker_pool WHERE heartbeat_time > now() - interval '60 seconds' ORDER BY start_time, id`,
      ),
    );
  }

  /** What runs, in one pool or in all. */
  running(poolId: string | null): Promise<WorkerRow[]> {
    return this.store.sql.rows<WorkerRow>(
      sql(
        `SELECT worker_id AS "poolId", job_id AS "jobId", vendor_type AS job, start_time AS "startTime",
                update_time AS "updateTime"
           FROM task WHERE status = 'Running' AND worker_id IS NOT NULL AND ($1::uuid IS NULL OR worker_id = $1)
          ORDER BY start_time, id`,
        poolId,
      ),
    );
  }

  /** How much waits of each kind of job, and for how long the oldest that is due. */
  waiting(): Promise<QueueRow[]> {
    return this.store.sql.rows<QueueRow>(
      sql(
        `SELECT vendor_type AS job, count(*)::integer AS waiting,
                greatest(0, floor(extract(epoch FROM now() - min(creation_time))))::integer AS "latencySeconds"
           FROM task WHERE status IN ('Pending', 'Scheduled') GROUP BY vendor_type`,
      ),
    );
  }

  async paused(): Promise<Set<string>> {
    const rows = await this.store.sql.rows<{ job: string }>(
      sql('SELECT job_type AS job FROM job_queue_status WHERE paused'),
    );
    return new Set(rows.map(({ job }) => job));
  }

  async pause(tx: Sql, jobs: readonly string[], paused: boolean): Promise<void> {
    await tx.run(
      sql(
        `INSERT INTO job_queue_status (job_type, paused) SELECT job, $2 FROM unnest($1::text[]) AS job
         ON CONFLICT (job_type) DO UPDATE SET paused = excluded.paused, update_time = now()`,
        jobs,
        paused,
      ),
    );
  }

  /** The task that a job's name stands for; null when there is none. */
  async taskOf(jobId: string): Promise<number | null> {
    const row = await this.store.sql.maybe<{ id: number }>(sql('SELECT id FROM task WHERE job_id = $1', jobId));
    return row?.id ?? null;
  }

  /** Names of the jobs that run. */
  async runningJobs(): Promise<string[]> {
    return (await this.running(null)).map(({ jobId }) => jobId);
  }

  schedules(query: ListQuery): Promise<PageOf<ScheduleRow>> {
    const columns = `schedule.id, schedule.vendor_type AS "vendorType", schedule.vendor_id AS "vendorId", schedule.cron,
      schedule.update_time AS "updateTime"`;
    const source = { table: 'schedule', idColumn: scheduleShape.idColumn, columns, where: 'TRUE', values: [] };
    return selectPage(this.store.sql, source, buildListSql(query, scheduleShape));
  }
}
