import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  CurrentProject,
  inProject,
  inSystem,
  Listing,
  Operation,
  Reply,
  RepositoryName,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { presentExplanation, presentProjectSpace, presentSizes } from './space.presenter.js';
import { askedDigest } from './space.schema.js';
import { SpaceService } from './space.service.js';

/** Ours, beside what Harbor has: what takes room, and why it does. */
@Controller('/api/v2.0')
export class SpaceController {
  constructor(@Inject(SpaceService) private readonly space: SpaceService) {}

  @Get('/system/space')
  @Operation('listSpace', inSystem('quota', 'list'))
  async list(@Listing() query: ListQuery, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.space.projects(query), query).map(presentProjectSpace);
  }

  @Get('/system/space/explain')
  @Operation('explainDigest', inSystem('garbage-collection', 'read'))
  async explain(@Query() params: unknown): Promise<object> {
    return presentExplanation(await this.space.explain(askedDigest(params), null));
  }

  /** Who may delete artifacts may know what becomes of them. */
  @Get('/projects/:project_name/space/explain')
  @Operation('explainProjectDigest', inProject('artifact', 'delete'))
  async explainInProject(@CurrentProject() project: ProjectIdentity, @Query() params: unknown): Promise<object> {
    return presentExplanation(await this.space.explain(askedDigest(params), project));
  }

  @Get('/projects/:project_name/space')
  @Operation('getProjectSpace', inProject('artifact', 'delete'))
  async project(@CurrentProject() project: ProjectIdentity): Promise<object> {
    return presentSizes(await this.space.sizesOfProject(project));
  }

  @Get('/projects/:project_name/repositories/:repository_name/space')
  @Operation('getRepositorySpace', inProject('artifact', 'delete'))
  async repository(@CurrentProject() project: ProjectIdentity, @RepositoryName() name: string): Promise<object> {
    return presentSizes(await this.space.sizesOfRepository(project, name));
  }
}
