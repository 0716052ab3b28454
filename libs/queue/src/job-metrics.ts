import { hostname } from 'node:os';
import { Durations, type Metrics } from '@haven/observability';
import { jobDefinition, jobTypes, type Pool } from './catalogue.js';
import type { TaskEnd } from './lease.js';

/** Harbor's words for how a run ended. What is given back has not ended. */
const statuses: Readonly<Record<TaskEnd['status'], string | null>> = {
  Success: 'success',
  Stopped: 'stop',
  Error: 'fail',
  Retry: 'fail',
  Released: null,
};
const told = ['success', 'fail', 'stop'];

/** What Harbor's jobservice tells of itself, for every process that runs jobs. */
export class JobMetrics {
  private readonly pools = new Map<string, { workers: number; running: () => number }>();
  /** By kind, then by status. */
  private readonly runs = new Map<string, Map<string, Durations>>();

  constructor(metrics: Metrics) {
    const node = hostname();
    metrics.gauges('harbor_jobservice_info', 'Workers of this process, by pool.', ['node', 'pool', 'workers'], () =>
      [...this.pools].map(([pool, { workers }]) => [{ node, pool, workers: String(workers) }, 1]),
    );
    metrics.gauges('haven_jobs_workers', 'Jobs that this process runs at once, at most.', ['pool'], () =>
      [...this.pools].map(([pool, { workers }]) => [{ pool }, workers]),
    );
    metrics.gauges('haven_jobs_running', 'Jobs that this process is running.', ['pool'], () =>
      [...this.pools].map(([pool, { running }]) => [{ pool }, running()]),
    );
    metrics.counts('harbor_jobservice_task_total', 'Runs of jobs that have ended.', ['type', 'status'], () =>
      [...this.all()].map(([labels, { count }]) => [labels, count]),
    );
    metrics.summaries('harbor_jobservice_task_process_time_seconds', 'How long the last runs of jobs have taken.', () =>
      this.all(),
    );
  }

  /** A series that begins with its first count would hide it, so all begin with none. */
  serves(pool: Pool, workers: number, running: () => number): void {
    this.pools.set(pool, { workers, running });
    for (const type of jobTypes.filter((job) => jobDefinition(job).pool === pool)) {
      this.runs.set(type, new Map(told.map((status) => [status, new Durations()])));
    }
  }

  ended(type: string, end: TaskEnd, seconds: number): void {
    const status = statuses[end.status];
    if (status !== null) this.runs.get(type)?.get(status)?.observe(seconds);
  }

  private *all(): Generator<[Record<'type' | 'status', string>, Durations]> {
    for (const [type, byStatus] of this.runs) {
      for (const [status, durations] of byStatus) yield [{ type, status }, durations];
    }
  }
}
