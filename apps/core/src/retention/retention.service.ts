import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import {
  AccessService,
  PROJECT_DIRECTORY,
  refusal,
  type ListQuery,
  type PageOf,
  type ProjectDirectory,
} from '@haven/http';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { removeSchedule, saveSchedule, startExecution, stopExecution } from '@haven/queue';
import type { Action } from '@haven/rbac';
import { ExecutionRepository, type ExecutionRow, type TaskRow } from '../execution/execution.repository.js';
import { MetadataRepository } from '../metadata/metadata.repository.js';
import { RetentionRepository, type PlanRow, type RetentionRow } from './retention.repository.js';
import { requireRetention, type RetentionBody, type RetentionWishes } from './retention.schema.js';

const scope = { vendorTypes: ['RETENTION'] } as const;
const jobs = ['RETENTION'] as const;

/** What a start asks for. */
export interface RetentionStart {
  isDry: boolean;
  isConfirmed: boolean;
}

/** Which artifacts of a project are kept, and what its runs have done. */
@Injectable()
export class RetentionService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(RetentionRepository) private readonly policies: RetentionRepository,
    @Inject(ExecutionRepository) private readonly executions: ExecutionRepository,
    @Inject(MetadataRepository) private readonly metadata: MetadataRepository,
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
  ) {}

  /** As with Harbor, one that is not there is a bad request. @throws AppError BAD_REQUEST */
  get(principal: Principal, id: number): Promise<RetentionRow> {
    return this.reach(principal, id, 'read');
  }

  /** @returns the id @throws AppError BAD_REQUEST, CONFLICT */
  async create(principal: Principal, body: RetentionBody): Promise<number> {
    const wishes = requireRetention(body);
    const { projectId } = wishes;
    if ((await this.projects.findProject({ id: projectId })) === null) {
      throw principal.kind === 'anonymous' ? refusal(principal) : Errors.badRequest(`invalid Project id ${projectId}`);
    }
    await this.require(principal, projectId, 'create');
    return this.store.transaction(async (tx) => {
      const id = await this.policies.insert(tx, wishes);
      if (id === null) throw Errors.badRequest(`project ${projectId} already has retention policy`);
      await this.metadata.write(tx, projectId, { retention_id: String(id) });
      await schedule(tx, id, wishes);
      return id;
    });
  }

  /** The project stays what it is. @throws AppError BAD_REQUEST, CONFLICT, NOT_FOUND */
  async update(principal: Principal, id: number, body: RetentionBody): Promise<void> {
    const wishes = requireRetention(body);
    const policy = await this.reach(principal, id, 'update');
    if (policy.projectId !== wishes.projectId) throw Errors.notFound(`the retention policy id ${id} does not match`);
    await this.store.transaction(async (tx) => {
      await this.policies.update(tx, id, wishes);
      await schedule(tx, id, wishes);
    });
  }

  /** @throws AppError BAD_REQUEST */
  async remove(principal: Principal, id: number): Promise<void> {
    const { projectId } = await this.reach(principal, id, 'delete');
    await this.store.transaction(async (tx) => {
      await removeSchedule(tx, 'RETENTION', id);
      await this.policies.remove(tx, id);
      await this.metadata.remove(tx, projectId, 'retention_id');
    });
  }

  /** @returns the id of the execution @throws AppError BAD_REQUEST */
  async start(principal: Principal, id: number, { isDry, isConfirmed }: RetentionStart): Promise<number> {
    const { projectId } = await this.reach(principal, id, 'update');
    return this.store.transaction((tx) =>
      startExecution(tx, {
        vendorType: 'RETENTION',
        vendorId: id,
        trigger: 'MANUAL',
        lane: `project:${projectId}`,
        parameters: { policyId: id, isDry, isConfirmed },
        attributes: { dry_run: isDry, operator: principal.username },
      }),
    );
  }

  /** @throws AppError BAD_REQUEST, NOT_FOUND */
  async stop(principal: Principal, id: number, executionId: number): Promise<void> {
    await this.reach(principal, id, 'update');
    await this.execution(id, executionId);
    await this.store.transaction((tx) => stopExecution(tx, executionId));
  }

  async history(principal: Principal, id: number, query: ListQuery): Promise<PageOf<ExecutionRow>> {
    await this.reach(principal, id, 'list');
    return this.executions.list({ ...scope, vendorId: id }, jobs, query);
  }

  /** @throws AppError BAD_REQUEST, NOT_FOUND */
  async tasks(principal: Principal, id: number, executionId: number, query: ListQuery): Promise<PageOf<TaskRow>> {
    await this.reach(principal, id, 'list');
    await this.execution(id, executionId);
    return this.executions.tasks({ executionId, jobs }, query);
  }

  /** @throws AppError BAD_REQUEST, NOT_FOUND */
  async plan(principal: Principal, id: number, executionId: number, query: ListQuery): Promise<PageOf<PlanRow>> {
    await this.reach(principal, id, 'read');
    await this.execution(id, executionId);
    return this.policies.plan(executionId, query);
  }

  /** @throws AppError BAD_REQUEST, NOT_FOUND */
  async log(principal: Principal, id: number, executionId: number, taskId: number): Promise<Readable> {
    await this.reach(principal, id, 'read');
    await this.execution(id, executionId);
    if ((await this.executions.findTask(executionId, taskId)) === null) {
      throw Errors.notFound(`task ${taskId} not found in execution ${executionId}`);
    }
    return this.executions.log(taskId);
  }

  private async execution(id: number, executionId: number): Promise<void> {
    const found = await this.executions.find(executionId, { ...scope, vendorId: id }, jobs);
    if (found === null) throw Errors.notFound(`execution id ${executionId} not found`);
  }

  private async reach(principal: Principal, id: number, action: Action): Promise<RetentionRow> {
    const policy = await this.policies.find(id);
    if (policy === null) {
      throw principal.kind === 'anonymous'
        ? refusal(principal)
        : Errors.badRequest(`no such Retention policy with id ${id}`);
    }
    await this.require(principal, policy.projectId, action);
    return policy;
  }

  private require(principal: Principal, projectId: number, action: Action): Promise<unknown> {
    return this.access.requireInProject(principal, { id: projectId }, 'tag-retention', action);
  }
}

async function schedule(tx: Transaction, id: number, { projectId, triggerKind, cron }: RetentionWishes): Promise<void> {
  if (triggerKind !== 'Schedule' || cron === '') {
    await removeSchedule(tx, 'RETENTION', id);
    return;
  }
  await saveSchedule(tx, {
    vendorType: 'RETENTION',
    vendorId: id,
    cron,
    lane: `project:${projectId}`,
    parameters: { policyId: id, isDry: false, isConfirmed: false },
    attributes: { dry_run: false, operator: 'harbor-jobservice' },
  });
}
