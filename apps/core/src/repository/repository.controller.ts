import { Controller, Delete, Get, Put } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  CurrentPrincipal,
  CurrentProject,
  inProject,
  JsonBody,
  Listing,
  open,
  Operation,
  Reply,
  RepositoryName,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { repositoryChange, type RepositoryChange } from './repository.schema.js';
import { RepositoryService } from './repository.service.js';

@Controller('/api/v2.0')
export class RepositoryController {
  constructor(private readonly repositories: RepositoryService) {}

  @Get('/repositories')
  @Operation('listAllRepositories', open())
  async listAllRepositories(
    @CurrentPrincipal() principal: Principal,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    return sendPage(reply, await this.repositories.listVisible(principal, query), query);
  }

  @Get('/projects/:project_name/repositories')
  @Operation('listRepositories', inProject('repository', 'list'))
  async listRepositories(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    return sendPage(reply, await this.repositories.listOfProject(project, query), query);
  }

  @Get('/projects/:project_name/repositories/:repository_name')
  @Operation('getRepository', inProject('repository', 'read'))
  getRepository(@CurrentProject() project: ProjectIdentity, @RepositoryName() name: string): Promise<object> {
    return this.repositories.get({ project, name });
  }

  @Put('/projects/:project_name/repositories/:repository_name')
  @Operation('updateRepository', inProject('repository', 'update'))
  updateRepository(
    @CurrentProject() project: ProjectIdentity,
    @RepositoryName() name: string,
    @JsonBody(repositoryChange) change: RepositoryChange,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.repositories.update({ project, name }, change, actor);
  }

  @Delete('/projects/:project_name/repositories/:repository_name')
  @Operation('deleteRepository', inProject('repository', 'delete'))
  deleteRepository(
    @CurrentProject() project: ProjectIdentity,
    @RepositoryName() name: string,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.repositories.delete({ project, name }, actor);
  }
}
