import { Controller, Delete, Get, Inject, Post, Put, Query } from '@nestjs/common';
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
import { presentMember } from './member.presenter.js';
import { memberBody, roleBody, withEntityName, type MemberBody, type RoleBody } from './member.schema.js';
import { MemberService } from './member.service.js';

@Controller('/api/v2.0/projects/:project_name_or_id/members')
export class MemberController {
  constructor(@Inject(MemberService) private readonly members: MemberService) {}

  @Get()
  @Operation('listProjectMembers', inProject('member', 'list'))
  async list(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    const page = await this.members.list(project, withEntityName(query, params));
    return sendPage(reply, page, query).map(presentMember);
  }

  @Post()
  @Operation('createProjectMember', inProject('member', 'create'))
  async create(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @JsonBody(memberBody) body: MemberBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.members.create(actor, project, body));
  }

  @Get(':mid')
  @Operation('getProjectMember', inProject('member', 'read'))
  async get(@CurrentProject() project: ProjectIdentity, @IdParam('mid') memberId: number): Promise<object> {
    return presentMember(await this.members.get(project, memberId));
  }

  @Put(':mid')
  @Operation('updateProjectMember', inProject('member', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('mid') memberId: number,
    @JsonBody(roleBody) body: RoleBody,
  ): Promise<void> {
    return this.members.updateRole(actor, project, memberId, body.role_id);
  }

  @Delete(':mid')
  @Operation('deleteProjectMember', inProject('member', 'delete'))
  remove(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('mid') memberId: number,
  ): Promise<void> {
    return this.members.remove(actor, project, memberId);
  }
}
