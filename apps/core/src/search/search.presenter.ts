import { compact } from '@haven/http';
import { presentProject } from '../project/project.presenter.js';
import type { ProjectRow } from '../project/project.repository.js';
import type { FoundRepository } from './search.repository.js';

export interface SearchResult {
  projects: readonly ProjectRow[];
  repositories: readonly FoundRepository[];
}

const presentRepository = (row: FoundRepository): object =>
  compact({
    project_id: row.projectId,
    project_name: row.projectName,
    project_public: row.projectPublic,
    repository_name: row.repositoryName,
    pull_count: row.pullCount,
    artifact_count: row.artifactCount,
  });

/** Harbor's Search. */
export const presentSearch = ({ projects, repositories }: SearchResult): object => ({
  project: projects.map((row) => presentProject(row, 'search')),
  repository: repositories.map(presentRepository),
});
