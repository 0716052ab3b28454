import type { Readable } from 'node:stream';
import { Controller, Delete, Get, Inject, Post, Put } from '@nestjs/common';
import {
  CurrentProject,
  IdParam,
  inProject,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import {
  presentDelivery,
  presentDeliveryTask,
  presentLastTrigger,
  presentWebhook,
  supportedEventTypes,
} from './webhook.presenter.js';
import type { WebhookRow } from './webhook.repository.js';
import { webhookBody, type WebhookBody } from './webhook.schema.js';
import { WebhookService } from './webhook.service.js';

@Controller('/api/v2.0/projects/:project_name_or_id/webhook')
export class WebhookController {
  constructor(@Inject(WebhookService) private readonly webhooks: WebhookService) {}

  @Get('/policies')
  @Operation('ListWebhookPoliciesOfProject', inProject('notification-policy', 'list'))
  async list(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.webhooks.list(project, query), query).map((policy) => this.present(policy));
  }

  @Post('/policies')
  @Operation('CreateWebhookPolicyOfProject', inProject('notification-policy', 'create'))
  async create(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @JsonBody(webhookBody) body: WebhookBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.webhooks.create(actor, project, body));
  }

  @Get('/policies/:webhook_policy_id')
  @Operation('GetWebhookPolicyOfProject', inProject('notification-policy', 'read'))
  async get(@CurrentProject() project: ProjectIdentity, @IdParam('webhook_policy_id') id: number): Promise<object> {
    return this.present(await this.webhooks.get(project, id));
  }

  @Put('/policies/:webhook_policy_id')
  @Operation('UpdateWebhookPolicyOfProject', inProject('notification-policy', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('webhook_policy_id') id: number,
    @JsonBody(webhookBody) body: WebhookBody,
  ): Promise<void> {
    return this.webhooks.update(actor, project, id, body);
  }

  @Delete('/policies/:webhook_policy_id')
  @Operation('DeleteWebhookPolicyOfProject', inProject('notification-policy', 'delete'))
  remove(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('webhook_policy_id') id: number,
  ): Promise<void> {
    return this.webhooks.remove(actor, project, id);
  }

  @Get('/policies/:webhook_policy_id/executions')
  @Operation('ListExecutionsOfWebhookPolicy', inProject('notification-policy', 'read'))
  async deliveries(
    @CurrentProject() project: ProjectIdentity,
    @IdParam('webhook_policy_id') id: number,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.webhooks.deliveries(project, id, query), query).map(presentDelivery);
  }

  /** Haven's own: sends the message of a delivery once more. */
  @Post('/policies/:webhook_policy_id/executions/:execution_id/redeliver')
  @Operation('redeliverWebhook', inProject('notification-policy', 'update'))
  async redeliver(
    @CurrentProject() project: ProjectIdentity,
    @IdParam('webhook_policy_id') id: number,
    @IdParam('execution_id') executionId: number,
    @Reply() reply: FastifyReply,
  ): Promise<object> {
    reply.code(201);
    return { id: await this.webhooks.redeliver(project, id, executionId) };
  }

  @Get('/policies/:webhook_policy_id/executions/:execution_id/tasks')
  @Operation('ListTasksOfWebhookExecution', inProject('notification-policy', 'read'))
  async tasks(
    @CurrentProject() project: ProjectIdentity,
    @IdParam('webhook_policy_id') id: number,
    @IdParam('execution_id') executionId: number,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.webhooks.tasks(project, id, executionId, query), query).map(presentDeliveryTask);
  }

  @Get('/policies/:webhook_policy_id/executions/:execution_id/tasks/:task_id/log')
  @Operation('GetLogsOfWebhookTask', inProject('notification-policy', 'read'))
  async log(
    @CurrentProject() project: ProjectIdentity,
    @IdParam('webhook_policy_id') id: number,
    @IdParam('execution_id') executionId: number,
    @IdParam('task_id') taskId: number,
    @Reply() reply: FastifyReply,
  ): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.webhooks.log(project, id, executionId, taskId);
  }

  @Get('/lasttrigger')
  @Operation('LastTrigger', inProject('notification-policy', 'read'))
  async lastTrigger(@CurrentProject() project: ProjectIdentity): Promise<object[]> {
    return (await this.webhooks.lastTriggers(project)).map(presentLastTrigger);
  }

  @Get('/events')
  @Operation('GetSupportedEventTypes', inProject('notification-policy', 'read'))
  events(): object {
    return supportedEventTypes;
  }

  private present(policy: WebhookRow): object {
    return presentWebhook(policy, this.webhooks.headersOf(policy));
  }
}
