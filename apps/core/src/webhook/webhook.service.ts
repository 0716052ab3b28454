import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { recordAudit, sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { startExecution, type StartParameters } from '@haven/queue';
import { ExecutionRepository, type ExecutionRow, type TaskRow } from '../execution/execution.repository.js';
import type { Actor } from '../security/actor.decorator.js';
import { WebhookRepository, type LastTriggerRow, type WebhookRow } from './webhook.repository.js';
import { requireWebhook, type WebhookBody } from './webhook.schema.js';

const vendorTypes = ['WEBHOOK', 'SLACK'] as const;
const jobs = ['WEBHOOK', 'SLACK'] as const;

/** Whom a project tells of what, and what became of it. */
@Injectable()
export class WebhookService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(WebhookRepository) private readonly policies: WebhookRepository,
    @Inject(ExecutionRepository) private readonly executions: ExecutionRepository,
  ) {}

  list({ projectId }: ProjectIdentity, query: ListQuery): Promise<PageOf<WebhookRow>> {
    return this.policies.list(projectId, query);
  }

  /** @throws AppError NOT_FOUND */
  async get({ projectId }: ProjectIdentity, id: number): Promise<WebhookRow> {
    const policy = await this.policies.find(projectId, id);
    if (policy === null) throw noPolicy(projectId, id);
    return policy;
  }

  /** @returns the id @throws AppError BAD_REQUEST, CONFLICT */
  async create(actor: Actor, project: ProjectIdentity, body: WebhookBody): Promise<number> {
    const wishes = requireWebhook(body);
    return this.store.transaction(async (tx) => {
      const id = await this.policies.insert(tx, project.projectId, actor.username, wishes);
      if (id === null) throw sameName(wishes.name);
      await record(tx, actor, project, `create webhook policy ${wishes.name}`);
      return id;
    });
  }

  /** @throws AppError BAD_REQUEST, CONFLICT, NOT_FOUND */
  async update(actor: Actor, project: ProjectIdentity, id: number, body: WebhookBody): Promise<void> {
    const wishes = requireWebhook(body);
    await this.store.transaction(async (tx) => {
      if ((await this.policies.find(project.projectId, id, tx)) === null) throw noPolicy(project.projectId, id);
      if (!(await this.policies.update(tx, id, wishes))) throw sameName(wishes.name);
      await record(tx, actor, project, `update webhook policy ${wishes.name}`);
    });
  }

  /** @throws AppError NOT_FOUND */
  async remove(actor: Actor, project: ProjectIdentity, id: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      const policy = await this.policies.find(project.projectId, id, tx);
      if (policy === null) throw noPolicy(project.projectId, id);
      await this.policies.remove(tx, id);
      await record(tx, actor, project, `delete webhook policy ${policy.name}`);
    });
  }

  /** What the header of each target says. */
  headersOf(policy: WebhookRow): string[] {
    return policy.targets.map((target) => this.policies.authHeader(target));
  }

  lastTriggers({ projectId }: ProjectIdentity): Promise<LastTriggerRow[]> {
    return this.policies.lastTriggers(projectId);
  }

  /** @throws AppError NOT_FOUND */
  async deliveries(project: ProjectIdentity, id: number, query: ListQuery): Promise<PageOf<ExecutionRow>> {
    await this.get(project, id);
    return this.executions.list({ vendorTypes, vendorId: id }, jobs, query);
  }

  /** @throws AppError NOT_FOUND */
  async tasks(project: ProjectIdentity, id: number, executionId: number, query: ListQuery): Promise<PageOf<TaskRow>> {
    await this.delivery(project, id, executionId);
    return this.executions.tasks({ executionId, jobs }, query);
  }

  /** @throws AppError NOT_FOUND */
  async log(project: ProjectIdentity, id: number, executionId: number, taskId: number): Promise<Readable> {
    await this.delivery(project, id, executionId);
    const task = await this.executions.findTask(executionId, taskId);
    if (task === null) throw Errors.notFound(`task ${taskId} not found in execution ${executionId}`);
    return this.executions.log(taskId);
  }

  /** Sends the same message again. @returns the id of the new execution @throws AppError NOT_FOUND */
  async redeliver(project: ProjectIdentity, id: number, executionId: number): Promise<number> {
    const { vendorType, attributes } = await this.delivery(project, id, executionId);
    return this.store.transaction(async (tx) => {
      const task = await tx.maybe<{ parameters: StartParameters<'WEBHOOK'> }>(
        sql('SELECT parameters FROM task WHERE execution_id = $1 ORDER BY id LIMIT 1', executionId),
      );
      if (task === null) throw noExecution(executionId, id);
      return startExecution(tx, {
        vendorType: vendorType === 'SLACK' ? 'SLACK' : 'WEBHOOK',
        vendorId: id,
        trigger: 'MANUAL',
        lane: `project:${project.projectId}`,
        parameters: task.parameters,
        attributes,
      });
    });
  }

  private async delivery(project: ProjectIdentity, id: number, executionId: number): Promise<ExecutionRow> {
    await this.get(project, id);
    const execution = await this.executions.find(executionId, { vendorTypes, vendorId: id }, jobs);
    if (execution === null) throw noExecution(executionId, id);
    return execution;
  }
}

const noPolicy = (projectId: number, id: number): Error =>
  Errors.notFound(`project id:${projectId}, webhook policy id: ${id} not found`);
const noExecution = (executionId: number, id: number): Error =>
  Errors.notFound(`execution ${executionId} not found in policy ${id}`);
const sameName = (name: string): Error => Errors.conflict(`the webhook policy ${name} already exists in the project`);

const record = (
  tx: Transaction,
  actor: Actor,
  { projectId, name }: ProjectIdentity,
  description: string,
): Promise<void> =>
  recordAudit(tx, {
    projectId,
    operation: 'update',
    resourceType: 'project',
    resource: name,
    username: actor.username,
    sourceIp: actor.sourceIp,
    description,
  });
