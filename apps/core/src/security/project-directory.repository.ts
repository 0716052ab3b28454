import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import type { ProjectDirectory, ProjectIdentity, ProjectKey } from '@haven/http';
import { ModelStore, statement } from '@haven/models';

const columns = `project.project_id AS "projectId", project.name, coalesce(metadata.value = 'true', false) AS "isPublic"
  FROM project LEFT JOIN project_metadata metadata ON metadata.project_id = project.project_id AND metadata.name = 'public'
 WHERE NOT project.deleted`;
const byName = statement('directory_by_name', `SELECT ${columns} AND project.name = $1`);
const byId = statement('directory_by_id', `SELECT ${columns} AND project.project_id = $1`);
const rolesOfUser = statement(
  'directory_roles_of_user',
  `SELECT role FROM project_member WHERE project_id = $1 AND entity_type = 'u' AND entity_id = $2`,
);

const largestId = 2 ** 31 - 1;

/** Projects and memberships, as far as access goes: one indexed query each. */
@Injectable()
export class ProjectDirectoryRepository implements ProjectDirectory {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async findProject(key: ProjectKey): Promise<ProjectIdentity | null> {
    if ('name' in key) return this.store.sql.maybe<ProjectIdentity>(byName(key.name));
    return key.id > largestId ? null : this.store.sql.maybe<ProjectIdentity>(byId(key.id));
  }

  /** Groups come with those that log in by LDAP or OpenID Connect; database users have none. */
  async rolesOf(principal: Principal, projectId: number): Promise<number[]> {
    if (principal.kind !== 'user') return [];
    const rows = await this.store.sql.rows<{ role: number }>(rolesOfUser(projectId, principal.userId));
    return rows.map((row) => row.role);
  }
}
