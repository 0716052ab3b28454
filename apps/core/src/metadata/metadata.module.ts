import { Module } from '@nestjs/common';
import { MetadataController } from './metadata.controller.js';
import { MetadataRepository } from './metadata.repository.js';
import { MetadataService } from './metadata.service.js';

@Module({
  controllers: [MetadataController],
  providers: [MetadataService, MetadataRepository],
  exports: [MetadataRepository],
})
export class MetadataModule {}
