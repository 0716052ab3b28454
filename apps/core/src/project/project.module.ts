import { Global, Module } from '@nestjs/common';
import { PROJECT_DIRECTORY } from '@haven/http';
import { MetadataModule } from '../metadata/metadata.module.js';
import { ProjectDirectoryRepository } from './project-directory.repository.js';
import { ProjectSummaryRepository } from './project-summary.repository.js';
import { ProjectSummaryService } from './project-summary.service.js';
import { ProjectController } from './project.controller.js';
import { ProjectRepository } from './project.repository.js';
import { ProjectService } from './project.service.js';

/** Global for the directory, which the access guard of every feature asks. */
@Global()
@Module({
  imports: [MetadataModule],
  controllers: [ProjectController],
  providers: [
    ProjectService,
    ProjectRepository,
    ProjectSummaryService,
    ProjectSummaryRepository,
    { provide: PROJECT_DIRECTORY, useClass: ProjectDirectoryRepository },
  ],
  exports: [PROJECT_DIRECTORY, ProjectRepository],
})
export class ProjectModule {}
