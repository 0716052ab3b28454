import { Module } from '@nestjs/common';
import { TagModule } from '../tag/tag.module.js';
import { AccessoryRepository } from './accessory.repository.js';
import { ArtifactDetailRepository } from './artifact-detail.repository.js';
import { ArtifactLookup } from './artifact-lookup.repository.js';
import { ArtifactController } from './artifact.controller.js';
import { ArtifactRepository } from './artifact.repository.js';
import { ArtifactService } from './artifact.service.js';

@Module({
  imports: [TagModule],
  controllers: [ArtifactController],
  providers: [ArtifactService, ArtifactRepository, ArtifactDetailRepository, ArtifactLookup, AccessoryRepository],
})
export class ArtifactModule {}
