import { hostname } from 'node:os';
import type { Metrics } from '@haven/observability';
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

/** What Harbor's jobservice tells of itself, for every process that runs jobs. */
export class JobMetrics {
  private readonly pools = new Map<string, { workers: number; running: () => number }>();
  private readonly total;
  private readonly seconds;

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
    const labels = ['type', 'status'] as const;
    this.total = metrics.counter('harbor_jobservice_task_total', 'Runs of jobs that have ended.', labels);
    this.seconds = metrics.summary(
      'harbor_jobservice_task_process_time_seconds',
      'How long runs of jobs have taken.',
      labels,
    );
  }

  /** A series that begins with its first count would hide it, so all begin with none. */
  serves(pool: Pool, workers: number, running: () => number): void {
    this.pools.set(pool, { workers, running });
    for (const type of jobTypes.filter((job) => jobDefinition(job).pool === pool)) {
      for (const status of new Set(Object.values(statuses))) if (status !== null) this.total.inc({ type, status }, 0);
    }
  }

  ended(type: string, end: TaskEnd, seconds: number): void {
    const status = statuses[end.status];
    if (status === null) return;
    this.total.inc({ type, status });
    this.seconds.observe({ type, status }, seconds);
  }
}
