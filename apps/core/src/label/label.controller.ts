import { Controller, Delete, Get, Inject, Post, Put, Query } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  CurrentPrincipal,
  IdParam,
  JsonBody,
  Listing,
  open,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { presentLabel } from './label.presenter.js';
import { labelBody, listedScope, withLabelParams, type LabelBody } from './label.schema.js';
import { LabelService } from './label.service.js';

/** What is needed depends on the label: whether it is one of the platform, or of a project. The service asks for it. */
@Controller('/api/v2.0/labels')
export class LabelController {
  constructor(@Inject(LabelService) private readonly labels: LabelService) {}

  @Get()
  @Operation('ListLabels', open())
  async list(
    @CurrentPrincipal() viewer: Principal,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    const page = await this.labels.list(viewer, listedScope(params), withLabelParams(query, params));
    return sendPage(reply, page, query).map(presentLabel);
  }

  @Post()
  @Operation('CreateLabel', open())
  async create(
    @CurrentPrincipal() principal: Principal,
    @JsonBody(labelBody) body: LabelBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.labels.create(principal, body));
  }

  @Get('/:label_id')
  @Operation('GetLabelByID', open())
  async get(@CurrentPrincipal() viewer: Principal, @IdParam('label_id') id: number): Promise<object> {
    return presentLabel(await this.labels.get(viewer, id));
  }

  @Put('/:label_id')
  @Operation('UpdateLabel', open())
  update(
    @CurrentPrincipal() principal: Principal,
    @IdParam('label_id') id: number,
    @JsonBody(labelBody) body: LabelBody,
  ): Promise<void> {
    return this.labels.update(principal, id, body);
  }

  @Delete('/:label_id')
  @Operation('DeleteLabel', open())
  remove(@CurrentPrincipal() principal: Principal, @IdParam('label_id') id: number): Promise<void> {
    return this.labels.remove(principal, id);
  }
}
