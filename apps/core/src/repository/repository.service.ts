import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { deleteRepository, recordAudit, type RepositoryRef, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { changeContext } from '../artifact/change-context.js';
import type { Actor } from '../security/actor.decorator.js';
import { fullNameOf, type RepositoryPath } from './repository-path.js';
import { presentRepository } from './repository.presenter.js';
import { RepositoryRepository } from './repository.repository.js';
import type { RepositoryChange } from './repository.schema.js';
import { visibleTo } from '../project/project-visibility.js';

@Injectable()
export class RepositoryService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(RepositoryRepository) private readonly repositories: RepositoryRepository,
  ) {}

  /** Repositories of all projects that the caller may see. */
  async listVisible(principal: Principal, query: ListQuery): Promise<PageOf<object>> {
    const { text, values } = visibleTo(principal, 1);
    const where = `repository.project_id IN (SELECT project_id FROM project WHERE NOT project.deleted AND ${text})`;
    return this.page({ where, values }, query);
  }

  async listOfProject({ projectId }: ProjectIdentity, query: ListQuery): Promise<PageOf<object>> {
    return this.page({ where: 'repository.project_id = $1', values: [projectId] }, query);
  }

  /** @throws AppError NOT_FOUND */
  async get(path: RepositoryPath): Promise<object> {
    const row = await this.repositories.findByName(fullNameOf(path));
    if (row === null) throw notFound(path);
    return presentRepository(row);
  }

  /** @throws AppError NOT_FOUND */
  async update(path: RepositoryPath, change: RepositoryChange, actor: Actor): Promise<void> {
    await this.store.transaction(async (tx) => {
      const { projectId, repositoryId, name } = await this.require(tx, path);
      await this.repositories.describe(tx, repositoryId, change.description);
      await recordAudit(tx, {
        projectId,
        operation: 'update',
        resourceType: 'repository',
        resource: name,
        username: actor.username,
        sourceIp: actor.sourceIp,
      });
    });
  }

  /** Deletes the repository with all its artifacts. @throws AppError NOT_FOUND */
  async delete(path: RepositoryPath, actor: Actor): Promise<void> {
    await this.store.transaction(async (tx) => {
      await deleteRepository(tx, await this.require(tx, path), changeContext(actor));
    });
  }

  private async page(scope: { where: string; values: readonly unknown[] }, query: ListQuery): Promise<PageOf<object>> {
    const { items, total } = await this.repositories.list(scope, query);
    return { items: items.map(presentRepository), total };
  }

  private async require(db: Sql, path: RepositoryPath): Promise<RepositoryRef> {
    const repository = await this.repositories.findRef(db, fullNameOf(path));
    if (repository === null) throw notFound(path);
    return repository;
  }
}

const notFound = (path: RepositoryPath): Error => Errors.notFound(`repository ${fullNameOf(path)} not found`);
