import { Module } from '@nestjs/common';
import { ArtifactLookup } from '../artifact/artifact-lookup.repository.js';
import { TagController } from './tag.controller.js';
import { TagRepository } from './tag.repository.js';
import { TagService } from './tag.service.js';

@Module({
  controllers: [TagController],
  providers: [TagService, TagRepository, ArtifactLookup],
  exports: [TagRepository],
})
export class TagModule {}
