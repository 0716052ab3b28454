import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { sql, statement, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { ExecutionStatus, JobType, TaskStatus, Trigger, VendorType } from '@haven/queue';
import { selectPage } from '../database/select-page.js';

export interface ExecutionRow {
  id: number;
  vendorType: VendorType;
  vendorId: number;
  trigger: Trigger;
  status: ExecutionStatus;
  statusMessage: string;
  attributes: Record<string, unknown>;
  startTime: Date;
  updateTime: Date;
  endTime: Date | null;
  /** How many of its tasks are where; without those that only plan. */
  taskCounts: Partial<Record<TaskStatus, number>>;
}

export interface TaskRow {
  id: number;
  executionId: number;
  job: JobType;
  jobId: string;
  status: TaskStatus;
  statusMessage: string;
  runCount: number;
  parameters: unknown;
  attributes: Record<string, unknown>;
  creationTime: Date;
  startTime: Date | null;
  updateTime: Date;
  endTime: Date | null;
}

/** Which executions a list is of. */
export interface ExecutionScope {
  vendorTypes: readonly VendorType[];
  vendorId?: number | undefined;
  /** Words of the database, as the API's own have been turned into. */
  status?: string | undefined;
  trigger?: string | undefined;
}

/** Which tasks a list is of. */
export interface TaskScope {
  executionId: number;
  jobs: readonly JobType[];
  statuses?: readonly string[] | undefined;
}

const executionColumns = (jobs: string): string => `
  execution.id, execution.vendor_type AS "vendorType", execution.vendor_id AS "vendorId", execution.trigger,
  execution.status, execution.status_message AS "statusMessage", execution.extra_attrs AS attributes,
  execution.start_time AS "startTime", execution.update_time AS "updateTime", execution.end_time AS "endTime",
  (SELECT coalesce(jsonb_object_agg(status, tasks), '{}') FROM (
     SELECT status, count(*) AS tasks FROM task
      WHERE task.execution_id = execution.id AND task.vendor_type = ANY(${jobs}) GROUP BY status) AS counted
  ) AS "taskCounts"`;

const taskColumns = `
  task.id, task.execution_id AS "executionId", task.vendor_type AS job, task.job_id AS "jobId", task.status,
  task.status_message AS "statusMessage", task.run_count AS "runCount", task.parameters,
  task.extra_attrs AS attributes, task.creation_time AS "creationTime", task.start_time AS "startTime",
  task.update_time AS "updateTime", task.end_time AS "endTime"`;

const executionShape: ListShape = {
  fields: {
    id: { column: 'execution.id', type: 'int' },
    vendor_id: { column: 'execution.vendor_id', type: 'int' },
    status: { column: 'execution.status', type: 'string' },
    trigger: { column: 'execution.trigger', type: 'string' },
    start_time: { column: 'execution.start_time', type: 'time' },
    end_time: { column: 'execution.end_time', type: 'time' },
    creation_time: { column: 'execution.start_time', type: 'time' },
    update_time: { column: 'execution.update_time', type: 'time' },
  },
  defaultSort: '-start_time',
  idColumn: 'execution.id',
};

const taskShape: ListShape = {
  fields: {
    id: { column: 'task.id', type: 'int' },
    status: { column: 'task.status', type: 'string' },
    creation_time: { column: 'task.creation_time', type: 'time' },
    start_time: { column: 'task.start_time', type: 'time' },
    end_time: { column: 'task.end_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'task.id',
};

const logPieces = statement(
  'job_log_pieces',
  'SELECT log_id AS id, content FROM job_log WHERE task_id = $1 AND log_id > $2 ORDER BY log_id LIMIT 100',
);

/** Executions and tasks as the API shows them, whatever was started. */
@Injectable()
export class ExecutionRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** @param jobs whose tasks count */
  list(scope: ExecutionScope, jobs: readonly JobType[], query: ListQuery): Promise<PageOf<ExecutionRow>> {
    const list = buildListSql(query, executionShape, 5);
    const where = `execution.vendor_type = ANY($1) AND ($2::integer IS NULL OR execution.vendor_id = $2)
      AND ($3::text IS NULL OR execution.status = $3) AND ($4::text IS NULL OR execution.trigger = $4)`;
    const source = {
      table: 'execution',
      idColumn: executionShape.idColumn,
      columns: executionColumns(`$${5 + list.values.length}`),
      where,
      values: [scope.vendorTypes, scope.vendorId ?? null, scope.status ?? null, scope.trigger ?? null],
      columnValues: [jobs],
    };
    return selectPage(this.store.sql, source, list);
  }

  /** An execution of one of these vendors, and of this policy if one is named; else null. */
  find(
    id: number,
    scope: Pick<ExecutionScope, 'vendorTypes' | 'vendorId'>,
    jobs: readonly JobType[],
    db: Sql = this.store.sql,
  ): Promise<ExecutionRow | null> {
    const { vendorTypes, vendorId = null } = scope;
    return db.maybe<ExecutionRow>(
      sql(
        `SELECT ${executionColumns('$4')} FROM execution
          WHERE id = $1::bigint AND vendor_type = ANY($2) AND ($3::integer IS NULL OR vendor_id = $3)`,
        id,
        vendorTypes,
        vendorId,
        jobs,
      ),
    );
  }

  tasks({ executionId, jobs, statuses }: TaskScope, query: ListQuery): Promise<PageOf<TaskRow>> {
    const list = buildListSql(query, taskShape, 4);
    const where = `task.execution_id = $1 AND task.vendor_type = ANY($2) AND ($3::text[] IS NULL OR task.status = ANY($3))`;
    const values = [executionId, jobs, statuses ?? null];
    const source = { table: 'task', idColumn: taskShape.idColumn, columns: taskColumns, where, values };
    return selectPage(this.store.sql, source, list);
  }

  /** A task of this execution; else null. */
  findTask(executionId: number, id: number): Promise<TaskRow | null> {
    return this.store.sql.maybe<TaskRow>(
      sql(`SELECT ${taskColumns} FROM task WHERE id = $1::bigint AND execution_id = $2::bigint`, id, executionId),
    );
  }

  /** The id of the task that an execution began with; null when there is none. */
  async firstTask(executionId: number): Promise<number | null> {
    const row = await this.store.sql.maybe<{ id: number }>(
      sql('SELECT id FROM task WHERE execution_id = $1 ORDER BY id LIMIT 1', executionId),
    );
    return row?.id ?? null;
  }

  /** The log of a task so far, as text in UTF-8. */
  log(taskId: number): Readable {
    return Readable.from(this.logPieces(taskId), { objectMode: false });
  }

  private async *logPieces(taskId: number): AsyncGenerator<string> {
    for (let last = 0; ;) {
      const pieces = await this.store.sql.rows<{ id: number; content: string }>(logPieces(taskId, last));
      if (pieces.length === 0) return;
      yield pieces.map(({ content }) => content).join('');
      last = pieces.at(-1)?.id ?? last;
    }
  }
}
