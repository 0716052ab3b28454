import type { Readable } from 'node:stream';
import { Controller, Delete, Get, Inject, Post, Put, Query } from '@nestjs/common';
import {
  IdParam,
  inSystem,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { ReplicationExecutionService } from './replication-execution.service.js';
import { ReplicationPolicyService } from './replication-policy.service.js';
import { presentExecution, presentPolicy, presentTask } from './replication.presenter.js';
import {
  executionScope,
  policyBody,
  startBody,
  taskStatuses,
  withNameParam,
  type PolicyBody,
} from './replication.schema.js';

@Controller('/api/v2.0/replication')
export class ReplicationController {
  constructor(
    @Inject(ReplicationPolicyService) private readonly policies: ReplicationPolicyService,
    @Inject(ReplicationExecutionService) private readonly executions: ReplicationExecutionService,
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
  ) {}

  @Get('/policies')
  @Operation('listReplicationPolicies', inSystem('replication-policy', 'list'))
  async listPolicies(
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    const page = await this.policies.list(withNameParam(query, params));
    return sendPage(reply, page, query).map((policy) => presentPolicy(policy, this.config.externalUrl));
  }

  @Post('/policies')
  @Operation('createReplicationPolicy', inSystem('replication-policy', 'create'))
  async createPolicy(
    @CurrentActor() actor: Actor,
    @JsonBody(policyBody) body: PolicyBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.policies.create(actor, body));
  }

  @Get('/policies/:id')
  @Operation('getReplicationPolicy', inSystem('replication-policy', 'read'))
  async getPolicy(@IdParam('id') id: number): Promise<object> {
    return presentPolicy(await this.policies.get(id), this.config.externalUrl);
  }

  @Put('/policies/:id')
  @Operation('updateReplicationPolicy', inSystem('replication-policy', 'update'))
  updatePolicy(@IdParam('id') id: number, @JsonBody(policyBody) body: PolicyBody): Promise<void> {
    return this.policies.update(id, body);
  }

  @Delete('/policies/:id')
  @Operation('deleteReplicationPolicy', inSystem('replication-policy', 'delete'))
  removePolicy(@IdParam('id') id: number): Promise<void> {
    return this.policies.remove(id);
  }

  @Get('/executions')
  @Operation('listReplicationExecutions', inSystem('replication', 'list'))
  async listExecutions(
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.executions.list(executionScope(params), query), query).map(presentExecution);
  }

  @Post('/executions')
  @Operation('startReplication', inSystem('replication', 'create'))
  async start(@JsonBody(startBody) body: { policy_id?: number | null }, @Reply() reply: FastifyReply): Promise<void> {
    sendCreated(reply, await this.executions.start(body.policy_id ?? 0));
  }

  @Get('/executions/:id')
  @Operation('getReplicationExecution', inSystem('replication', 'read'))
  async getExecution(@IdParam('id') id: number): Promise<object> {
    return presentExecution(await this.executions.get(id));
  }

  @Put('/executions/:id')
  @Operation('stopReplication', inSystem('replication', 'create'))
  stop(@IdParam('id') id: number): Promise<void> {
    return this.executions.stop(id);
  }

  @Get('/executions/:id/tasks')
  @Operation('listReplicationTasks', inSystem('replication', 'list'))
  async listTasks(
    @IdParam('id') id: number,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.executions.tasks(id, taskStatuses(params), query), query).map(presentTask);
  }

  @Get('/executions/:id/tasks/:task_id/log')
  @Operation('getReplicationLog', inSystem('replication', 'read'))
  async log(
    @IdParam('id') id: number,
    @IdParam('task_id') taskId: number,
    @Reply() reply: FastifyReply,
  ): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.executions.log(id, taskId);
  }
}
