import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { AccessService, type ProjectAccess } from '@haven/http';
import type { ProjectSummary } from './project.presenter.js';
import { ProjectSummaryRepository } from './project-summary.repository.js';

@Injectable()
export class ProjectSummaryService {
  constructor(
    @Inject(ProjectSummaryRepository) private readonly figures: ProjectSummaryRepository,
    @Inject(AccessService) private readonly access: AccessService,
  ) {}

  /** What the caller may know of a project in figures: quota and members only with the right to read them. */
  async summarize(viewer: Principal, access: ProjectAccess): Promise<ProjectSummary> {
    const { projectId } = access.project;
    const mayReadQuota = this.access.canInProject(viewer, access, 'quota', 'read');
    const mayListMembers = this.access.canInProject(viewer, access, 'member', 'list');
    const [repoCount, storage, members] = await Promise.all([
      this.figures.countRepositories(projectId),
      mayReadQuota ? this.figures.readStorage(projectId) : null,
      mayListMembers ? this.figures.countMembers(projectId) : new Map<number, number>(),
    ]);
    return { repoCount, storage, members };
  }
}
