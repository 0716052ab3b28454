import { compact, keep } from '@haven/http';
import type { RepositoryRow } from './repository.repository.js';

/** Harbor's `Repository`. */
export const presentRepository = (row: RepositoryRow): object =>
  compact({
    id: row.repository_id,
    project_id: row.project_id,
    name: row.name,
    description: row.description,
    artifact_count: keep(row.artifact_count),
    pull_count: keep(row.pull_count),
    creation_time: row.creation_time,
    update_time: row.update_time,
  });
