import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { deleteArtifact } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { fullNameOf, type RepositoryPath } from '../repository/repository-path.js';
import type { Actor } from '../security/actor.decorator.js';
import { presentAccessory } from './accessory.presenter.js';
import { AccessoryRepository } from './accessory.repository.js';
import { ArtifactDetailRepository } from './artifact-detail.repository.js';
import { artifactFilter, latestInRepositoryFilter, type ArtifactFilter } from './artifact-filter.js';
import { ArtifactLookup, type ArtifactPath } from './artifact-lookup.repository.js';
import type { ArtifactOptions } from './artifact-options.js';
import { presentArtifact } from './artifact.presenter.js';
import { ArtifactRepository, type ArtifactRow } from './artifact.repository.js';
import { changeContext } from './change-context.js';

/** How a list of artifacts was asked for. */
export interface ArtifactListing {
  query: ListQuery;
  options: ArtifactOptions;
}

@Injectable()
export class ArtifactService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ArtifactLookup) private readonly lookup: ArtifactLookup,
    @Inject(ArtifactRepository) private readonly artifacts: ArtifactRepository,
    @Inject(ArtifactDetailRepository) private readonly details: ArtifactDetailRepository,
    @Inject(AccessoryRepository) private readonly accessories: AccessoryRepository,
  ) {}

  /** @throws AppError NOT_FOUND */
  async listOfRepository(path: RepositoryPath, listing: ArtifactListing): Promise<PageOf<object>> {
    const name = fullNameOf(path);
    const repositoryId = await this.artifacts.findRepositoryId(name);
    if (repositoryId === null) throw Errors.notFound(`repository ${name} not found`);
    return this.page(artifactFilter({ repositoryId }, listing.query.filters), listing);
  }

  /** @throws AppError BAD_REQUEST for `latest_in_repository` without a type */
  async listOfProject(
    { projectId }: ProjectIdentity,
    listing: ArtifactListing,
    latestInRepository: boolean,
  ): Promise<PageOf<object>> {
    const { filters } = listing.query;
    return this.page(
      latestInRepository ? latestInRepositoryFilter(projectId, filters) : artifactFilter({ projectId }, filters),
      listing,
    );
  }

  /** @throws AppError NOT_FOUND */
  async get(path: ArtifactPath, options: ArtifactOptions): Promise<object> {
    const { artifactId, digest, repository } = await this.lookup.find(this.store.sql, path);
    const row = await this.artifacts.findById(artifactId);
    if (row === null) throw Errors.notFound(`artifact ${repository.name}@${digest} not found`);
    const [shown] = await this.present([row], options);
    return shown ?? {};
  }

  /** Deletes the artifact with its tags and accessories. @throws AppError NOT_FOUND, VIOLATE_FOREIGN_KEY_CONSTRAINT when an index refers to it */
  async delete(path: ArtifactPath, actor: Actor): Promise<void> {
    await this.store.transaction(async (tx) => {
      const { repository, digest } = await this.lookup.find(tx, path);
      await deleteArtifact(tx, repository, digest, changeContext(actor));
    });
  }

  /** @throws AppError NOT_FOUND */
  async listAccessories(path: ArtifactPath, query: ListQuery): Promise<PageOf<object>> {
    const { artifactId } = await this.lookup.find(this.store.sql, path);
    const { items, total } = await this.accessories.listOfSubject(artifactId, query);
    return { items: items.map(presentAccessory), total };
  }

  private async page(filter: ArtifactFilter, { query, options }: ArtifactListing): Promise<PageOf<object>> {
    const { items, total } = await this.artifacts.list(filter, query);
    return { items: await this.present(items, options), total };
  }

  private async present(rows: readonly ArtifactRow[], options: ArtifactOptions): Promise<object[]> {
    const detailsOf = await this.details.load(rows, options);
    return rows.map((row) => presentArtifact(row, detailsOf(row.id)));
  }
}
