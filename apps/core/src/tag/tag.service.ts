import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { createTag, deleteTag, readImmutability } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { isTag } from '@haven/oci';
import { ArtifactLookup, type ArtifactPath } from '../artifact/artifact-lookup.repository.js';
import { changeContext } from '../artifact/change-context.js';
import { assertNoProxyCache } from '../project/proxy-cache.js';
import type { Actor } from '../security/actor.decorator.js';
import { presentTag } from './tag.presenter.js';
import { TagRepository } from './tag.repository.js';

@Injectable()
export class TagService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ArtifactLookup) private readonly lookup: ArtifactLookup,
    @Inject(TagRepository) private readonly tags: TagRepository,
  ) {}

  /** @param withImmutability whether tags say if a rule keeps them @throws AppError NOT_FOUND */
  async list(path: ArtifactPath, query: ListQuery, withImmutability: boolean): Promise<PageOf<object>> {
    const { artifactId, repository } = await this.lookup.find(this.store.sql, path);
    const [{ items, total }, isImmutable] = await Promise.all([
      this.tags.listOfArtifact(artifactId, query),
      withImmutability ? readImmutability(this.store.sql, repository.projectId) : () => false,
    ]);
    return { items: items.map((tag) => presentTag(tag, isImmutable(repository.name, tag.name))), total };
  }

  /** @throws AppError NOT_FOUND, BAD_REQUEST for a name that no tag can have, CONFLICT, METHOD_NOT_ALLOWED in a proxy cache */
  async create(path: ArtifactPath, name: string, actor: Actor): Promise<void> {
    await this.store.transaction(async (tx) => {
      await assertNoProxyCache(tx, path.project.projectId);
      const artifact = await this.lookup.hold(tx, path);
      if (!isTag(name)) throw Errors.badRequest(`invalid tag name: ${name}`);
      await createTag(tx, { ...artifact, name }, changeContext(actor));
    });
  }

  /** Removes the tag from the artifact, which stays. @throws AppError NOT_FOUND */
  async delete(path: ArtifactPath, name: string, actor: Actor): Promise<void> {
    await this.store.transaction(async (tx) => {
      const artifact = await this.lookup.find(tx, path);
      if (!isTag(name)) throw Errors.notFound(`tag ${name} attached to artifact ${artifact.artifactId} not found`);
      await deleteTag(tx, { ...artifact, name }, changeContext(actor));
    });
  }
}
