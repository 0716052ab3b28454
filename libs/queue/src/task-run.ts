import { AppError } from '@haven/errors';
import type { Database } from '@haven/models';
import { carriedTrace, resumed, redacted, type Logger } from '@haven/observability';
import { catalogue, jobDefinition } from './catalogue.js';
import { addTasks } from './execution.js';
import type { HandlerTable } from './handler-table.js';
import { JobError, PermanentJobError } from './job.js';
import { Journal } from './journal.js';
import { endTask, type HeldTask, type TaskEnd } from './lease.js';

/** Why a run is to end early. */
export type Interruption = 'stopped' | 'shutdown' | 'lost';

/** One run of one task in this process, from its start to the booking of its end. */
export class TaskRun {
  private readonly interruption = new AbortController();

  constructor(
    private readonly db: Database,
    private readonly handlers: HandlerTable,
    readonly task: HeldTask,
    private readonly log: Logger,
  ) {}

  /** Asks the job to end; the first reason counts. */
  interrupt(reason: Interruption): void {
    this.interruption.abort(reason);
  }

  /**
   * Runs the job and books how it ended. Does not reject: the lease brings back what could not be booked.
   * @returns how it ended; null when somebody else has it by now
   */
  async run(): Promise<TaskEnd | null> {
    const { job, id, executionId, parameters } = this.task;
    const attributes = { 'haven.task_id': id, 'haven.execution_id': executionId };
    return resumed(carriedTrace(parameters), `task ${job}`, attributes, () => this.runToEnd());
  }

  private async runToEnd(): Promise<TaskEnd | null> {
    const { task } = this;
    const log = this.log.child({ job: task.job, taskId: task.id, executionId: task.executionId });
    const journal = new Journal(this.db, task, (error) => {
      log.warn({ err: error }, 'log of a job not written, will be tried again');
    });
    const end = await this.work(journal, log);
    try {
      await journal.close();
      if (end !== null) await this.db.transaction((tx) => endTask(tx, task, end));
    } catch (error) {
      log.error({ err: error }, 'end of a job not booked: it will run again');
    }
    return end;
  }

  private async work(journal: Journal, log: Logger): Promise<TaskEnd | null> {
    const { task } = this;
    try {
      const parameters = catalogue[task.job].parameters.parse(task.parameters);
      await this.handlers.of(task.job).run(parameters, {
        taskId: task.id,
        executionId: task.executionId,
        run: task.run,
        signal: this.interruption.signal,
        log: journal,
        attributes: task.attributes,
        report: (attributes) => {
          journal.report(attributes);
        },
        addTasks: (tasks) =>
          addTasks(
            this.db,
            task.executionId,
            tasks.map((added) => ({ lane: task.lane, ...added })),
            task.run > 1,
          ),
      });
      return { status: 'Success' };
    } catch (error) {
      return this.endOf(error, journal, log);
    }
  }

  private endOf(error: unknown, journal: Journal, log: Logger): TaskEnd | null {
    const reason = this.interruption.signal.reason as Interruption | undefined;
    switch (reason) {
      case 'lost':
        return null;
      case 'shutdown':
        journal.info('the process that ran this job ends; another one goes on with it');
        return { status: 'Released' };
      case 'stopped':
        journal.info('stopped');
        return { status: 'Stopped' };
      case undefined: {
        const message = told(error);
        journal.error(message);
        log.warn({ err: error }, 'a job failed');
        const isOver =
          error instanceof PermanentJobError || this.task.failures + 1 >= jobDefinition(this.task.job).attempts;
        return { status: isOver ? 'Error' : 'Retry', message };
      }
    }
  }
}

/** What people may read of a failure, without what others have said in it about credentials. The service's log has the rest. */
const told = (error: unknown): string =>
  error instanceof JobError || error instanceof AppError
    ? redacted(error.message)
    : 'unexpected failure, see the log of the service';
