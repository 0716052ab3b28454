import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { findReplicationPolicy, sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { recordSkippedExecution, startExecution, stopExecution } from '@haven/queue';
import {
  ExecutionRepository,
  type ExecutionRow,
  type ExecutionScope,
  type TaskRow,
} from '../execution/execution.repository.js';
import { noPolicy } from './replication-policy.service.js';

const scope = { vendorTypes: ['REPLICATION'] } as const;
/** Tasks that copy or delete; the one that plans is not shown. */
const jobs = ['REPLICATION'] as const;

/** Runs of replication policies. */
@Injectable()
export class ReplicationExecutionService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ExecutionRepository) private readonly executions: ExecutionRepository,
  ) {}

  list(
    asked: Pick<ExecutionScope, 'vendorId' | 'status' | 'trigger'>,
    query: ListQuery,
  ): Promise<PageOf<ExecutionRow>> {
    return this.executions.list({ ...scope, ...asked }, jobs, query);
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number): Promise<ExecutionRow> {
    const execution = await this.executions.find(id, scope, jobs);
    if (execution === null) throw Errors.notFound(`replication execution ${id} not found`);
    return execution;
  }

  /** @returns the id of the execution @throws AppError NOT_FOUND, PRECONDITION for a disabled policy */
  async start(policyId: number): Promise<number> {
    return this.store.transaction(async (tx) => {
      // Held, so that of two starts of a single active policy the later one sees the earlier.
      await tx.maybe(sql('SELECT 1 FROM replication_policy WHERE id = $1::bigint FOR UPDATE', policyId));
      const policy = await findReplicationPolicy(tx, policyId);
      if (policy === null) throw noPolicy(policyId);
      if (!policy.isEnabled) throw Errors.precondition(`the policy ${policyId} is disabled`);
      const execution = { vendorType: 'REPLICATION', vendorId: policyId, trigger: 'MANUAL' } as const;
      if (policy.isSingleActive) {
        const running = sql(
          `SELECT 1 FROM execution WHERE vendor_type = 'REPLICATION' AND vendor_id = $1 AND status = 'Running' LIMIT 1`,
          policyId,
        );
        if ((await tx.maybe(running)) !== null) {
          return recordSkippedExecution(tx, execution, 'Execution skipped: active replication still in progress.');
        }
      }
      return startExecution(tx, { ...execution, lane: `replication:${policyId}`, parameters: { policyId } });
    });
  }

  /** Stopping what is over changes nothing. @throws AppError NOT_FOUND */
  async stop(id: number): Promise<void> {
    await this.get(id);
    await this.store.transaction((tx) => stopExecution(tx, id));
  }

  /** @throws AppError NOT_FOUND */
  async tasks(id: number, statuses: readonly string[] | undefined, query: ListQuery): Promise<PageOf<TaskRow>> {
    await this.get(id);
    return this.executions.tasks({ executionId: id, jobs, statuses }, query);
  }

  /** @throws AppError NOT_FOUND */
  async log(id: number, taskId: number): Promise<Readable> {
    await this.get(id);
    const task = await this.executions.findTask(id, taskId);
    if (task === null) throw Errors.notFound(`execution ${id} contains no task with ID ${taskId}`);
    return this.executions.log(taskId);
  }
}
