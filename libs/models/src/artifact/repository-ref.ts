import { statement, type Sql } from '../database/sql.js';

/** A repository, as rules about its content need it. */
export interface RepositoryRef {
  projectId: number;
  repositoryId: number;
  /** Full name, project first. */
  name: string;
}

const find = statement('repository_find', 'SELECT repository_id AS "repositoryId" FROM repository WHERE name = $1');
const insert = statement(
  'repository_insert',
  `INSERT INTO repository (project_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING repository_id AS "repositoryId"`,
);

/** Finds or makes the row of a repository; a new one is not listed until its first manifest. */
export async function ensureRepository(db: Sql, projectId: number, name: string): Promise<RepositoryRef> {
  const row =
    (await db.maybe<{ repositoryId: number }>(find(name))) ??
    (await db.maybe<{ repositoryId: number }>(insert(projectId, name))) ??
    (await db.one<{ repositoryId: number }>(find(name)));
  return { projectId, repositoryId: row.repositoryId, name };
}
