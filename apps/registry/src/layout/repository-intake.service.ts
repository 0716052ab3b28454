import { Errors } from '@haven/errors';
import {
  bumpAccessVersion,
  ensureRepository,
  findFirstAdmin,
  insertProject,
  recordAudit,
  sql,
  type Database,
  type RepositoryRef,
  type Sql,
} from '@haven/models';
import { splitRepositoryName } from '@haven/oci';
import type { LayoutReport } from './layout-report.js';

/** Finds, or makes, where a repository of a volume belongs. */
export class RepositoryIntake {
  constructor(
    private readonly db: Database,
    private readonly report: LayoutReport,
  ) {}

  /**
   * @param name that Haven can have, with a project
   * @throws AppError PRECONDITION when there is no administrator to own a new project
   */
  async repository(name: string): Promise<RepositoryRef> {
    const project = splitRepositoryName(name)?.project ?? '';
    const projectId = (await this.findProject(this.db, project)) ?? (await this.makeProject(project));
    return ensureRepository(this.db, projectId, name);
  }

  private async findProject(db: Sql, name: string): Promise<number | null> {
    const find = sql('SELECT project_id AS id FROM project WHERE name = $1 AND NOT deleted', name);
    return (await db.maybe<{ id: number }>(find))?.id ?? null;
  }

  /** A private one without a limit, owned by the first administrator. */
  private async makeProject(name: string): Promise<number> {
    const { projectId, isNew } = await this.db.transaction(async (tx) => {
      const ownerId = await findFirstAdmin(tx);
      if (ownerId === null) throw Errors.precondition('there is no system administrator to own new projects');
      const project = { name, ownerId, storageLimitBytes: -1, metadata: { public: 'false' } };
      const made = await insertProject(tx, project);
      if (made === null) return { projectId: await this.findProject(tx, name), isNew: false };
      const audited = { projectId: made, operation: 'create', resourceType: 'project', resource: name } as const;
      await recordAudit(tx, { ...audited, username: 'system' });
      await bumpAccessVersion(tx);
      return { projectId: made, isNew: true };
    });
    if (projectId === null) throw Errors.unavailable(`project ${name} is being made and deleted at the same time`);
    if (isNew) this.report.count('projects');
    return projectId;
  }
}
