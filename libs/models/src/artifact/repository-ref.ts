import { Errors } from '@haven/errors';
import { statement, type Sql } from '../database/sql.js';

/** A repository, as rules about its content need it. */
export interface RepositoryRef {
  projectId: number;
  repositoryId: number;
  /** Full name, project first. */
  name: string;
}

const mostTries = 5;

/** Nobody deletes it before the transaction ends; whoever is deleting it is waited for. */
const hold = statement(
  'repository_hold',
  'SELECT repository_id AS "repositoryId" FROM repository WHERE name = $1 FOR KEY SHARE',
);
/** Holding the project keeps it from being deleted at the same moment, which would leave a repository without one. */
const insert = statement(
  'repository_insert',
  `INSERT INTO repository (project_id, name)
   SELECT project_id, $2 FROM project WHERE project_id = $1 AND NOT deleted FOR KEY SHARE
   ON CONFLICT DO NOTHING RETURNING repository_id AS "repositoryId"`,
);

/**
 * Finds or makes the row of a repository, which is held then; a new one is not listed until its first manifest.
 * @throws AppError NAME_UNKNOWN when the project is gone
 */
export async function ensureRepository(db: Sql, projectId: number, name: string): Promise<RepositoryRef> {
  // Whoever was faster with the row may be deleting it again: then it is our turn once more.
  for (let tries = 0; tries < mostTries; tries += 1) {
    const row =
      (await db.maybe<{ repositoryId: number }>(hold(name))) ??
      (await db.maybe<{ repositoryId: number }>(insert(projectId, name)));
    if (row !== null) return { projectId, repositoryId: row.repositoryId, name };
  }
  throw Errors.nameUnknown(`there is no project for repository ${name}`);
}
