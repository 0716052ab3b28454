import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import type { ProjectDirectory, ProjectIdentity, ProjectKey } from '@haven/http';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { isPublicSql, entitiesOf, membershipsSql } from './project-visibility.js';

const columns = `project.project_id AS "projectId", project.name, ${isPublicSql} AS "isPublic"`;
// As bigint: an id beyond the column's range is simply not there.
const byId = statement(
  'project_identity_by_id',
  `SELECT ${columns} FROM project WHERE project.project_id = $1::bigint AND NOT project.deleted`,
);
const byName = statement(
  'project_identity_by_name',
  `SELECT ${columns} FROM project WHERE project.name = $1 AND NOT project.deleted`,
);
const roles = statement(
  'project_roles_of_user',
  `SELECT DISTINCT role FROM (${membershipsSql('$1')}) AS own WHERE own.project_id = $2 ORDER BY role`,
);

/** Where the access guard learns what a project is and who belongs to it. */
@Injectable()
export class ProjectDirectoryRepository implements ProjectDirectory {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  findProject(key: ProjectKey): Promise<ProjectIdentity | null> {
    return this.store.sql.maybe<ProjectIdentity>('id' in key ? byId(key.id) : byName(key.name));
  }

  async rolesOf(principal: Principal, projectId: number): Promise<number[]> {
    const entities = entitiesOf(principal);
    if (entities.length === 0) return [];
    const rows = await this.store.sql.rows<{ role: number }>(roles(entities, projectId));
    return rows.map((row) => row.role);
  }
}
