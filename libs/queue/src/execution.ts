import { appendOutbox, sql, statement, type Sql } from '@haven/models';
import { traceCarrier } from '@haven/observability';
import {
  catalogue,
  jobDefinition,
  vendorDefinition,
  vendors,
  type JobParameters,
  type JobType,
  type StartParameters,
  type VendorType,
} from './catalogue.js';

export type Trigger = 'MANUAL' | 'SCHEDULE' | 'EVENT';
export type ExecutionStatus = 'Running' | 'Success' | 'Error' | 'Stopped';
export type TaskStatus = 'Pending' | 'Scheduled' | ExecutionStatus;

export interface NewExecution<Vendor extends VendorType> {
  vendorType: Vendor;
  /** Id of the policy; 0 for what there is only one of. */
  vendorId?: number;
  trigger: Trigger;
  /** What the first job is started with. */
  parameters: StartParameters<Vendor>;
  /** Whose turn it takes, `project:7` say; executions without one share the system's. */
  lane?: string;
  /** Shown with the execution. */
  attributes?: object;
}

/** A job to be run, with what it is started with. */
export type NewTask = {
  [Job in JobType]: {
    job: Job;
    parameters: JobParameters<Job>;
    /** Those of the same lane take turns with those of others. */
    lane?: string;
    /** Shown with the task. */
    attributes?: object;
  };
}[JobType];

const insertExecution = statement(
  'execution_insert',
  `INSERT INTO execution (vendor_type, vendor_id, trigger, extra_attrs) VALUES ($1, $2, $3, $4) RETURNING id`,
);

/** Starts something, in the transaction of what causes it. @returns the id of the execution */
export async function startExecution<Vendor extends VendorType>(
  tx: Sql,
  { vendorType, vendorId = 0, trigger, parameters, lane, attributes = {} }: NewExecution<Vendor>,
): Promise<number> {
  const { id } = await tx.one<{ id: number }>(
    insertExecution(vendorType, vendorId, trigger, JSON.stringify(attributes)),
  );
  const task = { job: vendors[vendorType].firstJob, parameters, ...(lane === undefined ? {} : { lane }) };
  await addTasks(tx, id, [task as NewTask]);
  return id;
}

/** An execution that ended before it began, with the reason: seen in the history, never run. */
export async function recordSkippedExecution(
  tx: Sql,
  execution: Omit<NewExecution<VendorType>, 'parameters' | 'lane'>,
  reason: string,
): Promise<number> {
  const { vendorType, vendorId = 0, trigger, attributes = {} } = execution;
  const { id } = await tx.one<{ id: number }>(
    insertExecution(vendorType, vendorId, trigger, JSON.stringify(attributes)),
  );
  await tx.run(
    sql(`UPDATE execution SET status = 'Error', status_message = $2, end_time = now() WHERE id = $1`, id, reason),
  );
  return id;
}

const insertTasks = statement(
  'task_insert',
  `INSERT INTO task (execution_id, vendor_type, pool, lane, parameters, extra_attrs)
   SELECT $1, job, pool, lane, parameters, attributes
     FROM jsonb_to_recordset($2) AS task (job text, pool text, lane text, parameters jsonb, attributes jsonb)`,
);

/**
 * The same, but for tasks that the execution has already: an earlier run of the one that adds them got that far, in another
 * step of its trace.
 */
const insertMissingTasks = statement(
  'task_insert_missing',
  `INSERT INTO task (execution_id, vendor_type, pool, lane, parameters, extra_attrs)
   SELECT $1, job, pool, lane, parameters, attributes
     FROM jsonb_to_recordset($2) AS added (job text, pool text, lane text, parameters jsonb, attributes jsonb)
    WHERE NOT EXISTS (SELECT 1 FROM task WHERE execution_id = $1 AND vendor_type = added.job
                         AND task.parameters - 'traceparent' = added.parameters - 'traceparent')`,
);

/**
 * Adds tasks to an execution that is not over, with one statement. Where tracing is on, the trace that they belong to stands
 * among their parameters.
 * @param isRepeated leaves out those that are there already
 */
export async function addTasks(
  tx: Sql,
  executionId: number,
  tasks: readonly NewTask[],
  isRepeated = false,
): Promise<void> {
  if (tasks.length === 0) return;
  const trace = traceCarrier();
  const rows = tasks.map(({ job, parameters, lane = '', attributes = {} }) => ({
    job,
    pool: jobDefinition(job).pool,
    lane,
    parameters: { ...catalogue[job].parameters.parse(parameters), ...trace },
    attributes,
  }));
  const insert = isRepeated ? insertMissingTasks : insertTasks;
  await tx.run(insert(executionId, JSON.stringify(rows)));
}

/**
 * Stops what has not ended: what waits ends at once, what runs is told within a second.
 * @returns false when there is no such execution, or it is over
 */
export async function stopExecution(tx: Sql, executionId: number): Promise<boolean> {
  const execution = await tx.maybe(
    sql(`SELECT id FROM execution WHERE id = $1 AND status = 'Running' FOR UPDATE`, executionId),
  );
  if (execution === null) return false;
  await tx.run(
    sql(`${stopSql} WHERE execution_id = $1 AND status IN ('Pending', 'Scheduled', 'Running')`, executionId),
  );
  await settleExecution(tx, executionId);
  return true;
}

/** Stops one task. @returns false when there is no such task, or it is over */
export async function stopTask(tx: Sql, jobId: string): Promise<boolean> {
  const task = await tx.maybe<{ executionId: number }>(
    sql(
      `${stopSql} WHERE job_id = $1 AND status IN ('Pending', 'Scheduled', 'Running')
       RETURNING execution_id AS "executionId"`,
      jobId,
    ),
  );
  if (task !== null) await settleExecution(tx, task.executionId);
  return task !== null;
}

/** Stops what waits of some kinds of jobs; what runs goes on. */
export async function stopWaitingTasks(tx: Sql, jobs: readonly JobType[]): Promise<void> {
  const stopped = await tx.rows<{ executionId: number }>(
    sql(
      `${stopSql} WHERE vendor_type = ANY($1) AND status IN ('Pending', 'Scheduled')
       RETURNING execution_id AS "executionId"`,
      jobs,
    ),
  );
  const executions = new Set(stopped.map(({ executionId }) => executionId));
  for (const id of [...executions].sort((a, b) => a - b)) await settleExecution(tx, id);
}

const stopSql = `
  UPDATE task SET stop_requested = true, update_time = now(),
         status = CASE status WHEN 'Running' THEN status ELSE 'Stopped' END,
         end_time = CASE status WHEN 'Running' THEN NULL ELSE now() END`;

const lockExecution = statement(
  'execution_lock',
  `SELECT id FROM execution WHERE id = $1 AND status = 'Running' FOR NO KEY UPDATE`,
);
const endExecution = statement(
  'execution_end',
  `UPDATE execution SET end_time = now(), update_time = now(), status = CASE
          WHEN EXISTS (SELECT 1 FROM task WHERE execution_id = $1 AND status = 'Error') THEN 'Error'
          WHEN EXISTS (SELECT 1 FROM task WHERE execution_id = $1 AND status = 'Stopped') THEN 'Stopped'
          ELSE 'Success' END
    WHERE id = $1 AND NOT EXISTS
          (SELECT 1 FROM task WHERE execution_id = $1 AND status IN ('Pending', 'Scheduled', 'Running'))
   RETURNING vendor_type AS "vendorType", vendor_id AS "vendorId", status`,
);

/**
 * Ends an execution whose last task has ended, and tells core. To be called in the transaction that ends a task: the
 * lock lets the later one of two last tasks see the other's end.
 */
export async function settleExecution(tx: Sql, executionId: number): Promise<void> {
  if ((await tx.maybe(lockExecution(executionId))) === null) return;
  const ended = await tx.maybe<{ vendorType: VendorType; vendorId: number; status: ExecutionStatus }>(
    endExecution(executionId),
  );
  if (ended === null || !vendorDefinition(ended.vendorType).tellsCore) return;
  await appendOutbox(tx, ['core-jobs'], { topic: 'execution.ended', payload: { executionId, ...ended } });
}
