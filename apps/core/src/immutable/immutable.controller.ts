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
import { presentImmutableRule } from './immutable.presenter.js';
import { immutableRuleBody, type ImmutableRuleBody } from './immutable.schema.js';
import { ImmutableService } from './immutable.service.js';

@Controller('/api/v2.0/projects/:project_name_or_id/immutabletagrules')
export class ImmutableController {
  constructor(@Inject(ImmutableService) private readonly rules: ImmutableService) {}

  @Get()
  @Operation('ListImmuRules', inProject('immutable-tag', 'list'))
  async list(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.rules.list(project, query), query).map(presentImmutableRule);
  }

  @Post()
  @Operation('CreateImmuRule', inProject('immutable-tag', 'create'))
  async create(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @JsonBody(immutableRuleBody) body: ImmutableRuleBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.rules.create(actor, project, body));
  }

  @Put('/:immutable_rule_id')
  @Operation('UpdateImmuRule', inProject('immutable-tag', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('immutable_rule_id') id: number,
    @JsonBody(immutableRuleBody) body: ImmutableRuleBody,
  ): Promise<void> {
    return this.rules.update(actor, project, id, body);
  }

  @Delete('/:immutable_rule_id')
  @Operation('DeleteImmuRule', inProject('immutable-tag', 'delete'))
  remove(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('immutable_rule_id') id: number,
  ): Promise<void> {
    return this.rules.remove(actor, project, id);
  }
}
