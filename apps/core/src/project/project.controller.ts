import { Controller, Delete, Get, Head, Headers, Inject, Post, Put, Query } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  authenticated,
  booleanParam,
  CurrentPrincipal,
  CurrentProject,
  CurrentRoles,
  inProject,
  isTruth,
  JsonBody,
  Listing,
  open,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { ProjectSummaryService } from './project-summary.service.js';
import { presentDeletability, presentProject, presentSummary } from './project.presenter.js';
import { projectBody, projectNameParam, withProjectParams, type ProjectBody } from './project.schema.js';
import { ProjectService } from './project.service.js';

@Controller('/api/v2.0/projects')
export class ProjectController {
  constructor(
    @Inject(ProjectService) private readonly projects: ProjectService,
    @Inject(ProjectSummaryService) private readonly summaries: ProjectSummaryService,
  ) {}

  @Get()
  @Operation('listProjects', open())
  async list(
    @CurrentPrincipal() viewer: Principal,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    const page = await this.projects.list(viewer, withProjectParams(query, params));
    const view = (booleanParam(params, 'with_detail') ?? true) ? 'full' : 'plain';
    return sendPage(reply, page, query).map((row) => presentProject(row, view));
  }

  @Head()
  @Operation('headProject', authenticated())
  head(@Query() params: unknown): Promise<void> {
    return this.projects.head(projectNameParam(params));
  }

  @Post()
  @Operation('createProject', authenticated())
  async create(
    @CurrentActor() actor: Actor,
    @JsonBody(projectBody) body: ProjectBody,
    @Headers('x-resource-name-in-location') byName: string | undefined,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    const { projectId, name } = await this.projects.create(actor, body);
    sendCreated(reply, isTruth(byName ?? '') ? name : projectId);
  }

  @Get(':project_name_or_id')
  @Operation('getProject', inProject('self', 'read'))
  async get(@CurrentPrincipal() viewer: Principal, @CurrentProject() project: ProjectIdentity): Promise<object> {
    return presentProject(await this.projects.get(viewer, project));
  }

  @Put(':project_name_or_id')
  @Operation('updateProject', inProject('self', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @JsonBody(projectBody) body: ProjectBody,
  ): Promise<void> {
    return this.projects.update(actor, project, body);
  }

  @Delete(':project_name_or_id')
  @Operation('deleteProject', inProject('self', 'delete'))
  remove(@CurrentActor() actor: Actor, @CurrentProject() project: ProjectIdentity): Promise<void> {
    return this.projects.remove(actor, project);
  }

  @Get(':project_name_or_id/_deletable')
  @Operation('getProjectDeletable', inProject('self', 'delete'))
  async deletable(@CurrentProject() project: ProjectIdentity): Promise<object> {
    return presentDeletability(await this.projects.deletability(project));
  }

  @Get(':project_name_or_id/summary')
  @Operation('getProjectSummary', inProject('self', 'read'))
  async summary(
    @CurrentPrincipal() viewer: Principal,
    @CurrentProject() project: ProjectIdentity,
    @CurrentRoles() roles: readonly number[],
  ): Promise<object> {
    return presentSummary(await this.summaries.summarize(viewer, { project, roles }));
  }
}
