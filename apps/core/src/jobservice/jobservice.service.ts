import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { ModelStore } from '@haven/models/orm';
import { isJobType, jobTypes, stopTask, stopWaitingTasks } from '@haven/queue';
import { ExecutionRepository } from '../execution/execution.repository.js';
import { JobserviceRepository, type ScheduleRow, type WorkerPoolRow, type WorkerRow } from './jobservice.repository.js';

/** Stands for all schedules among the queues. */
const scheduler = 'SCHEDULER';
const queues: readonly string[] = [...jobTypes, scheduler];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const everything = 'all';

export interface JobQueue {
  job: string;
  waiting: number;
  latencySeconds: number;
  isPaused: boolean;
}

/** The dashboard of jobs: who runs what, what waits, and how to hold it up. */
@Injectable()
export class JobserviceService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(JobserviceRepository) private readonly jobs: JobserviceRepository,
    @Inject(ExecutionRepository) private readonly executions: ExecutionRepository,
  ) {}

  pools(): Promise<WorkerPoolRow[]> {
    return this.jobs.pools();
  }

  /** Workers that are busy. @param poolId `all`, or the id of a pool; of one that is gone nobody is */
  async workers(poolId: string): Promise<WorkerRow[]> {
    if (poolId === everything) return this.jobs.running(null);
    return uuid.test(poolId) ? this.jobs.running(poolId) : [];
  }

  async queues(): Promise<JobQueue[]> {
    const [waiting, paused] = await Promise.all([this.jobs.waiting(), this.jobs.paused()]);
    return queues.map((job) => {
      const row = waiting.find((candidate) => candidate.job === job);
      return { job, waiting: 0, latencySeconds: 0, ...row, isPaused: paused.has(job) };
    });
  }

  /**
   * @param job `all`, or a kind of job
   * @throws AppError BAD_REQUEST for an unknown action or kind
   */
  async act(job: string, action: string): Promise<void> {
    const wanted = job.toUpperCase() === everything.toUpperCase() ? queues : [job.toUpperCase()];
    if (!wanted.every((name) => queues.includes(name))) throw Errors.badRequest(`unknown job type: ${job}`);
    const verb = action.toLowerCase();
    if (verb !== 'stop' && verb !== 'pause' && verb !== 'resume') {
      throw Errors.badRequest('the action is not supported');
    }
    await this.store.transaction((tx) =>
      verb === 'stop' ? stopWaitingTasks(tx, wanted.filter(isJobType)) : this.jobs.pause(tx, wanted, verb === 'pause'),
    );
  }

  /** @param jobId `all` stops whatever runs @throws AppError NOT_FOUND */
  async stop(jobId: string): Promise<void> {
    const names = jobId === everything ? await this.jobs.runningJobs() : [jobId];
    for (const name of names) {
      if (!uuid.test(name) || (await this.jobs.taskOf(name)) === null) throw noJob(name);
      await this.store.transaction((tx) => stopTask(tx, name));
    }
  }

  /** @throws AppError NOT_FOUND */
  async log(jobId: string): Promise<Readable> {
    const taskId = uuid.test(jobId) ? await this.jobs.taskOf(jobId) : null;
    if (taskId === null) throw noJob(jobId);
    return this.executions.log(taskId);
  }

  schedules(query: ListQuery): Promise<PageOf<ScheduleRow>> {
    return this.jobs.schedules(query);
  }

  async areSchedulesPaused(): Promise<boolean> {
    return (await this.jobs.paused()).has(scheduler);
  }
}

const noJob = (jobId: string): Error => Errors.notFound(`job ${jobId} not found`);
