import { jobDefinition, jobTypes, type JobType, type Pool } from './catalogue.js';
import type { JobHandler } from './job.js';

/** The handlers of a process: exactly one for each kind of job that its pools run. */
export class HandlerTable {
  private readonly handlers = new Map<JobType, JobHandler>();

  /** @throws when a job of these pools has no handler, or two, or a handler's job belongs to another pool */
  constructor(pools: readonly Pool[], handlers: readonly unknown[]) {
    for (const handler of handlers as JobHandler[]) {
      if (this.handlers.has(handler.job)) throw new Error(`job ${handler.job} has two handlers`);
      if (!pools.includes(jobDefinition(handler.job).pool)) throw new Error(`job ${handler.job} is run elsewhere`);
      this.handlers.set(handler.job, handler);
    }
    const missing = jobTypes.filter((job) => pools.includes(jobDefinition(job).pool) && !this.handlers.has(job));
    if (missing.length > 0) throw new Error(`jobs without a handler: ${missing.join(', ')}`);
  }

  of(job: JobType): JobHandler {
    const handler = this.handlers.get(job);
    if (handler === undefined) throw new Error(`job ${job} is not run here`);
    return handler;
  }
}
