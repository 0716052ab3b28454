import { backOffSeconds, sql, statement, type Sql } from '@haven/models';
import type { JobType, Pool } from './catalogue.js';
import { settleExecution } from './execution.js';

/** How long a task stays with a process that shows no life. */
export const leaseSeconds = 30;
/** A task that took so many processes with it is not tried again. */
const mostRuns = 20;

/** A task that this process runs. */
export interface HeldTask {
  id: number;
  executionId: number;
  job: JobType;
  jobId: string;
  lane: string;
  parameters: unknown;
  attributes: Record<string, unknown>;
  /** The fence: whoever holds an older number writes nothing any more. */
  run: number;
  failures: number;
}

const start = statement(
  'task_start',
  `UPDATE task SET status = 'Running', run_count = run_count + 1, worker_id = $3, status_message = '',
          lease_until = now() + make_interval(secs => ${leaseSeconds}),
          start_time = coalesce(start_time, now()), update_time = now()
    WHERE id = $1 AND run_count = $2 AND status = 'Scheduled'
   RETURNING id, execution_id AS "executionId", vendor_type AS job, job_id AS "jobId", lane, parameters,
             extra_attrs AS attributes, run_count AS run, failures`,
);

/** Begins a task that was handed over. Null when it was begun, stopped or handed over again meanwhile. */
export const startTask = (db: Sql, id: number, runCount: number, workerId: string): Promise<HeldTask | null> =>
  db.maybe<HeldTask>(start(id, runCount, workerId));

const renew = statement(
  'task_renew',
  `UPDATE task SET lease_until = now() + make_interval(secs => ${leaseSeconds})
    WHERE worker_id = $1 AND status = 'Running' AND lease_until < now() + make_interval(secs => ${leaseSeconds - 10})`,
);
const look = statement(
  'task_look',
  `SELECT id, run_count AS run, stop_requested AS "stopRequested" FROM task WHERE worker_id = $1 AND status = 'Running'`,
);

/** Keeps what a worker runs, and tells what it still holds and what of that is to stop. */
export async function renewLeases(
  db: Sql,
  workerId: string,
): Promise<{ id: number; run: number; stopRequested: boolean }[]> {
  await db.run(renew(workerId));
  return db.rows(look(workerId));
}

export type TaskEnd =
  | { status: 'Success' | 'Stopped' }
  | { status: 'Error'; message: string }
  /** Failed, and to be tried again. */
  | { status: 'Retry'; message: string }
  /** Given back unfinished, through no fault of its own. */
  | { status: 'Released' };

/** Books the end of a run, and of the execution if it was the last. False when somebody else holds the task by now. */
export async function endTask(tx: Sql, task: HeldTask, end: TaskEnd): Promise<boolean> {
  const held = `WHERE id = ${task.id} AND run_count = ${task.run} AND status = 'Running'`;
  if (end.status === 'Retry' || end.status === 'Released') {
    const failures = task.failures + (end.status === 'Retry' ? 1 : 0);
    // Jittered, so that what failed together does not come back together.
    const pauseSeconds = end.status === 'Retry' ? backOffSeconds(failures) * (0.75 + Math.random() / 2) : 0;
    const given = await tx.run(
      sql(
        `UPDATE task SET status = 'Pending', failures = $1, status_message = $2, worker_id = NULL, lease_until = NULL,
                not_before = now() + make_interval(secs => $3), update_time = now() ${held}`,
        failures,
        end.status === 'Retry' ? end.message : '',
        pauseSeconds,
      ),
    );
    return given === 1;
  }
  const ended = await tx.run(
    sql(
      `UPDATE task SET status = $1, status_message = $2, worker_id = NULL, lease_until = NULL,
              end_time = now(), update_time = now() ${held}`,
      end.status,
      end.status === 'Error' ? end.message : '',
    ),
  );
  if (ended === 1) await settleExecution(tx, task.executionId);
  return ended === 1;
}

/** Takes tasks from processes that show no life any more: they run again, unless they were to stop anyway. */
export async function takeOverLostTasks(tx: Sql, pool: Pool): Promise<void> {
  const lost = await tx.rows<{ executionId: number; status: string }>(
    sql(
      `UPDATE task SET worker_id = NULL, lease_until = NULL, update_time = now(),
              status = CASE WHEN stop_requested THEN 'Stopped' WHEN run_count >= $2 THEN 'Error' ELSE 'Pending' END,
              status_message = CASE WHEN run_count >= $2 AND NOT stop_requested
                                    THEN 'every process that ran it was lost' ELSE '' END,
              end_time = CASE WHEN stop_requested OR run_count >= $2 THEN now() END
        WHERE id IN (SELECT id FROM task WHERE pool = $1 AND status = 'Running' AND lease_until < now()
                      FOR UPDATE SKIP LOCKED)
       RETURNING execution_id AS "executionId", status`,
      pool,
      mostRuns,
    ),
  );
  const ended = new Set(lost.filter(({ status }) => status !== 'Pending').map(({ executionId }) => executionId));
  for (const id of [...ended].sort((a, b) => a - b)) await settleExecution(tx, id);
}
