import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { MetadataModule } from '../metadata/metadata.module.js';
import { RetentionController } from './retention.controller.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

@Module({
  imports: [ExecutionModule, MetadataModule],
  controllers: [RetentionController],
  providers: [RetentionService, RetentionRepository],
})
export class RetentionModule {}
