import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { CurrentProject, inProject, JsonBody, Operation, type ProjectIdentity } from '@haven/http';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import type { Metadata } from './metadata.repository.js';
import { metadataBody } from './metadata.schema.js';
import { MetadataService } from './metadata.service.js';

@Controller('/api/v2.0/projects/:project_name_or_id/metadatas')
export class MetadataController {
  constructor(@Inject(MetadataService) private readonly metadata: MetadataService) {}

  @Get()
  @Operation('listProjectMetadatas', inProject('metadata', 'list'))
  list(@CurrentProject() project: ProjectIdentity): Promise<Metadata> {
    return this.metadata.read(project);
  }

  @Post()
  @HttpCode(200)
  @Operation('addProjectMetadatas', inProject('metadata', 'create'))
  add(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @JsonBody(metadataBody) body: Metadata,
  ): Promise<void> {
    return this.metadata.add(actor, project, body);
  }

  @Get(':meta_name')
  @Operation('getProjectMetadata', inProject('metadata', 'read'))
  get(@CurrentProject() project: ProjectIdentity, @Param('meta_name') name: string): Promise<Metadata> {
    return this.metadata.read(project, name);
  }

  @Put(':meta_name')
  @Operation('updateProjectMetadata', inProject('metadata', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @Param('meta_name') name: string,
    @JsonBody(metadataBody) body: Metadata,
  ): Promise<void> {
    return this.metadata.update(actor, project, name, body);
  }

  @Delete(':meta_name')
  @Operation('deleteProjectMetadata', inProject('metadata', 'delete'))
  remove(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @Param('meta_name') name: string,
  ): Promise<void> {
    return this.metadata.remove(actor, project, name);
  }
}
