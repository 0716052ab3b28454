import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { sql, statement } from '@haven/models';
import { ModelStore, ProjectEntity, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { CveAllowlist } from './project-rules.js';
import { isPublicSql, entitiesOf, membershipsSql, visibleTo } from './project-visibility.js';

/** A project with all that the API tells of it. */
export interface ProjectRow {
  projectId: number;
  ownerId: number;
  name: string;
  registryId: number;
  creationTime: Date;
  updateTime: Date;
  /** Null when the owner was deleted. */
  ownerName: string | null;
  metadata: Readonly<Record<string, string>>;
  repoCount: number;
  /** Roles of whoever asks, own and through groups. */
  roleIds: readonly number[];
  allowlistId: number | null;
  allowlistExpiresAt: number | null;
  allowlistItems: readonly { cve_id: string }[] | null;
  allowlistCreationTime: Date | null;
  allowlistUpdateTime: Date | null;
}

/** @param viewer number of the parameter that says as what the one who asks is a member */
const columns = (viewer: number): string => `
  project.project_id AS "projectId", project.owner_id AS "ownerId", project.name, project.registry_id AS "registryId",
  project.creation_time AS "creationTime", project.update_time AS "updateTime",
  CASE WHEN NOT owner.deleted THEN owner.username END AS "ownerName",
  coalesce((SELECT jsonb_object_agg(entry.name, entry.value) FROM project_metadata entry
             WHERE entry.project_id = project.project_id), '{}') AS metadata,
  (SELECT count(*) FROM repository WHERE repository.project_id = project.project_id AND listed) AS "repoCount",
  ARRAY(SELECT DISTINCT role FROM (${membershipsSql(`$${viewer}`)}) AS own
         WHERE own.project_id = project.project_id ORDER BY role) AS "roleIds",
  allowlist.id AS "allowlistId", allowlist.expires_at AS "allowlistExpiresAt", allowlist.items AS "allowlistItems",
  allowlist.creation_time AS "allowlistCreationTime", allowlist.update_time AS "allowlistUpdateTime"`;

const tables = `project JOIN harbor_user owner ON owner.user_id = project.owner_id
  LEFT JOIN cve_allowlist allowlist ON allowlist.project_id = project.project_id`;

const find = statement(
  'project_find',
  `SELECT ${columns(2)} FROM ${tables} WHERE project.project_id = $1 AND NOT project.deleted`,
);

const shape: ListShape = {
  fields: {
    project_id: { column: 'project.project_id', type: 'int' },
    ProjectID: { column: 'project.project_id', type: 'int' },
    owner_id: { column: 'project.owner_id', type: 'int' },
    OwnerID: { column: 'project.owner_id', type: 'int' },
    owner: { column: 'owner.username', type: 'string' },
    name: { column: 'project.name', type: 'string' },
    Name: { column: 'project.name', type: 'string' },
    registry_id: { column: 'project.registry_id', type: 'int' },
    RegistryID: { column: 'project.registry_id', type: 'int' },
    public: { column: isPublicSql, type: 'bool' },
    creation_time: { column: 'project.creation_time', type: 'time' },
    CreationTime: { column: 'project.creation_time', type: 'time' },
    update_time: { column: 'project.update_time', type: 'time' },
    UpdateTime: { column: 'project.update_time', type: 'time' },
  },
  defaultSort: 'name',
  idColumn: 'project.project_id',
};

const upsertAllowlist = statement(
  'project_allowlist',
  `INSERT INTO cve_allowlist (project_id, expires_at, items) VALUES ($1, $2, $3)
   ON CONFLICT ON CONSTRAINT cve_allowlist__project_id DO UPDATE
     SET expires_at = excluded.expires_at, items = excluded.items, update_time = now()`,
);
/** For update, because pushes hold a share of the row while they add to the project. */
const lock = statement('project_lock', 'SELECT 1 FROM project WHERE project_id = $1 AND NOT deleted FOR UPDATE');
const hasRepositories = statement(
  'project_has_repositories',
  'SELECT EXISTS (SELECT 1 FROM repository WHERE project_id = $1 AND listed) AS "hasRepositories"',
);

@Injectable()
export class ProjectRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** The project as a principal sees it, or null when it is gone. */
  find(projectId: number, viewer: Principal): Promise<ProjectRow | null> {
    return this.store.sql.maybe<ProjectRow>(find(projectId, entitiesOf(viewer)));
  }

  async exists(name: string): Promise<boolean> {
    return this.store.manager.existsBy(ProjectEntity, { name, deleted: false });
  }

  /** The projects that a principal may see. */
  list(viewer: Principal, query: ListQuery): Promise<PageOf<ProjectRow>> {
    const visible = visibleTo(viewer, 1);
    const list = buildListSql(query, shape, 1 + visible.values.length);
    const source = {
      table: tables,
      idColumn: shape.idColumn,
      columns: columns(1 + visible.values.length + list.values.length),
      columnValues: [entitiesOf(viewer)],
      where: `NOT project.deleted AND ${visible.text}`,
      values: visible.values,
    };
    return selectPage<ProjectRow>(this.store.sql, source, list);
  }

  /** The projects that a principal may see and whose name holds the text, by name. */
  search(viewer: Principal, text: string): Promise<ProjectRow[]> {
    const visible = visibleTo(viewer, 3);
    return this.store.sql.rows<ProjectRow>(
      sql(
        `SELECT ${columns(1)} FROM ${tables}
          WHERE NOT project.deleted AND ${visible.text} AND position($2 IN project.name) > 0 ORDER BY project.name`,
        entitiesOf(viewer),
        text,
        ...visible.values,
      ),
    );
  }

  async touch(tx: Transaction, projectId: number): Promise<void> {
    await tx.manager.update(ProjectEntity, { projectId }, { updateTime: new Date() });
  }

  async writeAllowlist(tx: Transaction, projectId: number, list: CveAllowlist): Promise<void> {
    await tx.run(upsertAllowlist(projectId, list.expiresAt, JSON.stringify(list.items)));
  }

  /** Keeps everyone else from adding to the project until the transaction ends. @returns false when it is gone */
  async lock(tx: Transaction, projectId: number): Promise<boolean> {
    return (await tx.maybe(lock(projectId))) !== null;
  }

  async hasRepositories(db: Pick<Transaction, 'one'>, projectId: number): Promise<boolean> {
    return (await db.one<{ hasRepositories: boolean }>(hasRepositories(projectId))).hasRepositories;
  }

  /** Renames the row, so that its name is free, and removes all that belongs to it but its history. */
  async remove(tx: Transaction, projectId: number): Promise<void> {
    await tx.run(
      sql(
        `UPDATE project SET deleted = true, name = left(name, 254 - length(project_id::text)) || '#' || project_id,
                update_time = now() WHERE project_id = $1`,
        projectId,
      ),
    );
    await tx.run(
      sql(
        `DELETE FROM schedule WHERE vendor_type = 'RETENTION'
            AND vendor_id IN (SELECT id FROM retention_policy WHERE project_id = $1)`,
        projectId,
      ),
    );
    // Repositories that hold nothing but unfinished uploads, which go with them.
    const parts = ['repository', 'project_member', 'project_metadata', 'cve_allowlist', 'quota', 'quota_usage'];
    for (const table of [
      ...parts,
      'project_blob',
      'quota_delta',
      'robot',
      'robot_permission',
      'harbor_label',
      'immutable_tag_rule',
      'retention_policy',
      'notification_policy',
    ]) {
      await tx.run(sql(`DELETE FROM ${table} WHERE project_id = $1`, projectId));
    }
  }
}
