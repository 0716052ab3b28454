import { Module } from '@nestjs/common';
import { LabelModule } from '../label/label.module.js';
import { TagModule } from '../tag/tag.module.js';
import { AccessoryRepository } from './accessory.repository.js';
import { ArtifactDetailRepository } from './artifact-detail.repository.js';
import { ArtifactCopyService } from './artifact-copy.service.js';
import { ArtifactLabelController } from './artifact-label.controller.js';
import { ArtifactLabelService } from './artifact-label.service.js';
import { ArtifactLookup } from './artifact-lookup.repository.js';
import { ArtifactController } from './artifact.controller.js';
import { ArtifactRepository } from './artifact.repository.js';
import { ArtifactService } from './artifact.service.js';

@Module({
  imports: [LabelModule, TagModule],
  controllers: [ArtifactController, ArtifactLabelController],
  providers: [
    ArtifactService,
    ArtifactCopyService,
    ArtifactLabelService,
    ArtifactRepository,
    ArtifactDetailRepository,
    ArtifactLookup,
    AccessoryRepository,
  ],
  exports: [ArtifactLookup],
})
export class ArtifactModule {}
