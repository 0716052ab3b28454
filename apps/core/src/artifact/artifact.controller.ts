import { Controller, Delete, Get, Query } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  booleanParam,
  CurrentPrincipal,
  CurrentProject,
  inProject,
  Listing,
  Operation,
  refusal,
  Reply,
  RepositoryName,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import type { ArtifactPath } from './artifact-lookup.repository.js';
import { parseArtifactOptions } from './artifact-options.js';
import { PathArtifact } from './artifact-path.decorator.js';
import { ArtifactService } from './artifact.service.js';

@Controller('/api/v2.0/projects')
export class ArtifactController {
  constructor(private readonly artifacts: ArtifactService) {}

  /** Not for anonymous callers, even of a public project. */
  @Get('/:project_name_or_id/artifacts')
  @Operation('listArtifactsOfProject', inProject('artifact', 'list'))
  async listArtifactsOfProject(
    @CurrentPrincipal() principal: Principal,
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    if (principal.kind === 'anonymous') throw refusal(principal);
    const listing = { query, options: parseArtifactOptions(params) };
    const latest = booleanParam(params, 'latest_in_repository') ?? false;
    return sendPage(reply, await this.artifacts.listOfProject(project, listing, latest), query);
  }

  @Get('/:project_name/repositories/:repository_name/artifacts')
  @Operation('listArtifacts', inProject('artifact', 'list'))
  async listArtifacts(
    @CurrentProject() project: ProjectIdentity,
    @RepositoryName() name: string,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    const listing = { query, options: parseArtifactOptions(params) };
    return sendPage(reply, await this.artifacts.listOfRepository({ project, name }, listing), query);
  }

  @Get('/:project_name/repositories/:repository_name/artifacts/:reference')
  @Operation('getArtifact', inProject('artifact', 'read'))
  getArtifact(@PathArtifact() path: ArtifactPath, @Query() params: unknown): Promise<object> {
    return this.artifacts.get(path, parseArtifactOptions(params));
  }

  @Delete('/:project_name/repositories/:repository_name/artifacts/:reference')
  @Operation('deleteArtifact', inProject('artifact', 'delete'))
  deleteArtifact(@PathArtifact() path: ArtifactPath, @CurrentActor() actor: Actor): Promise<void> {
    return this.artifacts.delete(path, actor);
  }

  @Get('/:project_name/repositories/:repository_name/artifacts/:reference/accessories')
  @Operation('listAccessories', inProject('accessory', 'list'))
  async listAccessories(
    @PathArtifact() path: ArtifactPath,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    return sendPage(reply, await this.artifacts.listAccessories(path, query), query);
  }
}
