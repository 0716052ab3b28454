import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { booleanParam, inProject, JsonBody, Listing, Operation, Reply, sendPage, type ListQuery } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { PathArtifact } from '../artifact/artifact-path.decorator.js';
import type { ArtifactPath } from '../artifact/artifact-lookup.repository.js';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { newTag, type NewTag } from './tag.schema.js';
import { TagService } from './tag.service.js';

@Controller('/api/v2.0/projects/:project_name/repositories/:repository_name/artifacts/:reference/tags')
export class TagController {
  constructor(private readonly tags: TagService) {}

  @Get()
  @Operation('listTags', inProject('tag', 'list'))
  async listTags(
    @PathArtifact() path: ArtifactPath,
    @Listing() query: ListQuery,
    @Query() params: unknown,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    return sendPage(
      reply,
      await this.tags.list(path, query, booleanParam(params, 'with_immutable_status') ?? false),
      query,
    );
  }

  /** Without a `Location`, as with Harbor: one tag has no address of its own. */
  @Post()
  @HttpCode(201)
  @Operation('createTag', inProject('tag', 'create'))
  createTag(
    @PathArtifact() path: ArtifactPath,
    @JsonBody(newTag) tag: NewTag,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.tags.create(path, tag.name, actor);
  }

  @Delete('/:tag_name')
  @Operation('deleteTag', inProject('tag', 'delete'))
  deleteTag(
    @PathArtifact() path: ArtifactPath,
    @Param('tag_name') name: string,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    return this.tags.delete(path, name, actor);
  }
}
