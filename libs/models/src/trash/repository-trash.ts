import { ensureRepository, type RepositoryRef } from '../artifact/repository-ref.js';
import { statement, type Sql } from '../database/sql.js';

const keep = statement(
  'repository_trash_keep',
  `INSERT INTO repository_trash (name, repository_id, project_id, description, pull_count, star_count, creation_time)
   SELECT name, repository_id, project_id, description, pull_count, star_count, creation_time FROM repository
    WHERE repository_id = $1 AND EXISTS (SELECT 1 FROM artifact WHERE artifact.repository_id = repository.repository_id)
   ON CONFLICT (name) DO UPDATE SET repository_id = excluded.repository_id, project_id = excluded.project_id,
     description = excluded.description, pull_count = excluded.pull_count, star_count = excluded.star_count,
     creation_time = excluded.creation_time`,
);
/** One that was pushed to anew meanwhile stays as it is. */
const revive = statement(
  'repository_trash_revive',
  `WITH kept AS (DELETE FROM repository_trash WHERE name = $2 AND project_id = $1 RETURNING *)
   INSERT INTO repository (repository_id, project_id, name, description, pull_count, star_count, creation_time)
   SELECT kept.repository_id, kept.project_id, kept.name, kept.description, kept.pull_count, kept.star_count, kept.creation_time
     FROM kept JOIN (SELECT project_id FROM project WHERE project_id = $1 AND NOT deleted FOR KEY SHARE) held USING (project_id)
   ON CONFLICT DO NOTHING`,
);
const forget = statement(
  'repository_trash_forget',
  `DELETE FROM repository_trash WHERE name = ANY($1)
      AND NOT EXISTS (SELECT 1 FROM artifact_trash
                       WHERE artifact_trash.project_id = repository_trash.project_id AND repository_name = name)`,
);

/** Keeps what a repository that is deleted has beside its artifacts. */
export const keepRepository = async (tx: Sql, repositoryId: number): Promise<void> => {
  await tx.run(keep(repositoryId));
};

/** Finds a repository, or brings it back with its id and description, or makes it anew. @throws AppError NAME_UNKNOWN */
export async function reviveRepository(tx: Sql, projectId: number, name: string): Promise<RepositoryRef> {
  await tx.run(revive(projectId, name));
  return ensureRepository(tx, projectId, name);
}

/** Forgets those of which nothing is left in the trash. */
export const forgetRepositories = async (tx: Sql, names: readonly string[]): Promise<void> => {
  await tx.run(forget(names));
};
