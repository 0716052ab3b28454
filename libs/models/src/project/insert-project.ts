import { statement, type Sql } from '../database/sql.js';

export interface NewProject {
  name: string;
  /** Becomes its first project admin. */
  ownerId: number;
  /** -1: no limit. */
  storageLimitBytes: number;
  metadata: Readonly<Record<string, string>>;
}

const insert = statement(
  'project_insert',
  `INSERT INTO project (name, owner_id) VALUES ($1, $2)
   ON CONFLICT DO NOTHING RETURNING project_id AS "projectId"`,
);
const insertParts = statement(
  'project_insert_parts',
  `WITH owner AS (
     INSERT INTO project_member (project_id, entity_id, entity_type, role)
     SELECT $1, $2, 'u', role_id FROM role WHERE name = 'projectAdmin'),
   usage AS (INSERT INTO quota_usage (project_id) VALUES ($1)),
   allowed AS (INSERT INTO cve_allowlist (project_id) VALUES ($1)),
   described AS (
     INSERT INTO project_metadata (project_id, name, value)
     SELECT $1, entry.key, entry.value FROM jsonb_each_text($4) AS entry)
   INSERT INTO quota (project_id, hard_bytes) VALUES ($1, $3)`,
);
const firstAdmin = statement(
  'project_owner_fallback',
  'SELECT user_id AS "userId" FROM harbor_user WHERE sysadmin_flag AND NOT deleted ORDER BY user_id LIMIT 1',
);

/**
 * Makes a project with all that belongs to one: its owner's membership, metadata, quota, used bytes and an empty allow-list.
 * @returns its id, or null when the name is taken
 */
export async function insertProject(tx: Sql, project: NewProject): Promise<number | null> {
  const made = await tx.maybe<{ projectId: number }>(insert(project.name, project.ownerId));
  if (made === null) return null;
  const { ownerId, storageLimitBytes, metadata } = project;
  await tx.run(insertParts(made.projectId, ownerId, storageLimitBytes, metadata));
  return made.projectId;
}

/** Who owns what nobody in particular makes: the first system administrator. */
export async function findFirstAdmin(tx: Sql): Promise<number | null> {
  return (await tx.maybe<{ userId: number }>(firstAdmin()))?.userId ?? null;
}
