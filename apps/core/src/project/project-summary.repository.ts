import { Inject, Injectable } from '@nestjs/common';
import { readUsedBytes, statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';

export interface StorageUse {
  /** -1: no limit. */
  hardBytes: number;
  usedBytes: number;
}

const repositories = statement(
  'summary_repositories',
  'SELECT count(*) AS count FROM repository WHERE project_id = $1 AND listed',
);
const limit = statement('summary_limit', 'SELECT hard_bytes AS "hardBytes" FROM quota WHERE project_id = $1');
const members = statement(
  'summary_members',
  'SELECT role, count(*) AS count FROM project_member WHERE project_id = $1 GROUP BY role',
);

/** Figures about one project. */
@Injectable()
export class ProjectSummaryRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async countRepositories(projectId: number): Promise<number> {
    return (await this.store.sql.one<{ count: number }>(repositories(projectId))).count;
  }

  /** What the project may hold and does hold, or null when it has no quota. */
  async readStorage(projectId: number): Promise<StorageUse | null> {
    const row = await this.store.sql.maybe<{ hardBytes: number }>(limit(projectId));
    if (row === null) return null;
    return { hardBytes: row.hardBytes, usedBytes: await readUsedBytes(this.store.sql, projectId) };
  }

  /** Members by the id of their role. */
  async countMembers(projectId: number): Promise<ReadonlyMap<number, number>> {
    const rows = await this.store.sql.rows<{ role: number; count: number }>(members(projectId));
    return new Map(rows.map((row) => [row.role, row.count]));
  }
}
