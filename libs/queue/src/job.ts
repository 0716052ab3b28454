import type { JobParameters, JobType } from './catalogue.js';
import type { NewTask } from './execution.js';

/** What a running job writes down for people; can be read while it runs. */
export interface JobLog {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** What a job is given beside its parameters. */
export interface JobContext {
  taskId: number;
  executionId: number;
  /** Counts the starts of this task, from 1: a later one goes on where an earlier one was lost. */
  run: number;
  /** Fires when the job is to end: it was stopped, its process ends, or another process has taken it over. */
  signal: AbortSignal;
  log: JobLog;
  /** What was last reported, by an earlier run as well. */
  attributes: Readonly<Record<string, unknown>>;
  /** Replaces what is shown with the task; cheap, written once a second. */
  report: (attributes: Readonly<Record<string, unknown>>) => void;
  /** Adds tasks to the execution; they take this task's turn unless they name a lane. */
  addTasks: (tasks: readonly NewTask[]) => Promise<void>;
}

/** Runs one kind of job. May be run again after a kill: each step has to bear that. */
export interface JobHandler<Job extends JobType = JobType> {
  readonly job: Job;
  /** Throws when it failed; after some time it is run again, if its kind allows. */
  run(parameters: JobParameters<Job>, context: JobContext): Promise<void>;
}

/** Why a job failed, in words that people may read; any other error is shown as an unexpected one. */
export class JobError extends Error {
  override readonly name: string = 'JobError';
}

/** A failure that another try would not mend. */
export class PermanentJobError extends JobError {
  override readonly name = 'PermanentJobError';
}
