import type { Readable } from 'node:stream';
import { Controller, Delete, Get, Inject, Patch, Post, Put } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import {
  authenticated,
  CurrentPrincipal,
  IdParam,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  presentPlanned,
  presentRetention,
  presentRun,
  presentRunTask,
  retentionMetadata,
} from './retention.presenter.js';
import { operateBody, retentionBody, startBody, type RetentionBody } from './retention.schema.js';
import { RetentionService } from './retention.service.js';

/** What is needed depends on the policy's project. The service asks for it. */
@Controller('/api/v2.0/retentions')
export class RetentionController {
  constructor(@Inject(RetentionService) private readonly retentions: RetentionService) {}

  @Get('/metadatas')
  @Operation('getRentenitionMetadata', authenticated())
  metadata(): object {
    return retentionMetadata;
  }

  @Post()
  @Operation('createRetention', authenticated())
  async create(
    @CurrentPrincipal() principal: Principal,
    @JsonBody(retentionBody) body: RetentionBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.retentions.create(principal, body));
  }

  @Get('/:id')
  @Operation('getRetention', authenticated())
  async get(@CurrentPrincipal() principal: Principal, @IdParam('id') id: number): Promise<object> {
    return presentRetention(await this.retentions.get(principal, id));
  }

  @Put('/:id')
  @Operation('updateRetention', authenticated())
  update(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @JsonBody(retentionBody) body: RetentionBody,
  ): Promise<void> {
    return this.retentions.update(principal, id, body);
  }

  @Delete('/:id')
  @Operation('deleteRetention', authenticated())
  remove(@CurrentPrincipal() principal: Principal, @IdParam('id') id: number): Promise<void> {
    return this.retentions.remove(principal, id);
  }

  @Post('/:id/executions')
  @Operation('triggerRetentionExecution', authenticated())
  async start(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @JsonBody(startBody) body: z.infer<typeof startBody>,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    const start = { isDry: body.dry_run ?? false, isConfirmed: body.confirm ?? false };
    sendCreated(reply, await this.retentions.start(principal, id, start));
  }

  @Get('/:id/executions')
  @Operation('listRetentionExecutions', authenticated())
  async history(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.retentions.history(principal, id, query), query).map(presentRun);
  }

  /** @throws AppError BAD_REQUEST */
  @Patch('/:id/executions/:eid')
  @Operation('operateRetentionExecution', authenticated())
  operate(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @IdParam('eid') executionId: number,
    @JsonBody(operateBody) { action }: z.infer<typeof operateBody>,
  ): Promise<void> {
    if (action !== 'stop') throw Errors.badRequest("action should be 'stop'");
    return this.retentions.stop(principal, id, executionId);
  }

  /** Haven's own: what a run means to do, or has done, with each artifact. */
  @Get('/:id/executions/:eid/plan')
  @Operation('getRetentionPlan', authenticated())
  async plan(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @IdParam('eid') executionId: number,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.retentions.plan(principal, id, executionId, query), query).map(presentPlanned);
  }

  @Get('/:id/executions/:eid/tasks')
  @Operation('listRetentionTasks', authenticated())
  async tasks(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @IdParam('eid') executionId: number,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.retentions.tasks(principal, id, executionId, query), query).map(presentRunTask);
  }

  @Get('/:id/executions/:eid/tasks/:tid')
  @Operation('getRetentionTaskLog', authenticated())
  async log(
    @CurrentPrincipal() principal: Principal,
    @IdParam('id') id: number,
    @IdParam('eid') executionId: number,
    @IdParam('tid') taskId: number,
    @Reply() reply: FastifyReply,
  ): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.retentions.log(principal, id, executionId, taskId);
  }
}
