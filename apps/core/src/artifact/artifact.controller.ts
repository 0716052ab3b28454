import { Controller, Delete, Get, Inject, Post, Query, Req } from '@nestjs/common';
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
  sendCreated,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { ArtifactCopyService } from './artifact-copy.service.js';
import type { ArtifactPath } from './artifact-lookup.repository.js';
import { parseArtifactOptions } from './artifact-options.js';
import { PathArtifact } from './artifact-path.decorator.js';
import { copySource } from './copy-source.js';
import { ArtifactService } from './artifact.service.js';

@Controller('/api/v2.0/projects')
export class ArtifactController {
  constructor(
    @Inject(ArtifactService) private readonly artifacts: ArtifactService,
    @Inject(ArtifactCopyService) private readonly copies: ArtifactCopyService,
  ) {}

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

  /** Its address is told as Harbor tells it: by what was asked to be copied. */
  @Post('/:project_name/repositories/:repository_name/artifacts')
  @Operation('CopyArtifact', inProject('artifact', 'create'))
  async copyArtifact(
    @CurrentProject() project: ProjectIdentity,
    @RepositoryName() name: string,
    @CurrentActor() actor: Actor,
    @Query() params: unknown,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    const source = copySource(params);
    await this.copies.copy({ project, name }, source, actor, request.id);
    sendCreated(reply, source.reference);
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
