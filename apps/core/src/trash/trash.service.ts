import { Inject, Injectable } from '@nestjs/common';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { emptyTrash, restoreArtifact, type Restored } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { changeContext } from '../artifact/change-context.js';
import type { Actor } from '../security/actor.decorator.js';
import { TrashRepository, type TrashedRow, type TrashSize } from './trash.repository.js';

/** Deleted artifacts of a project, until the collector takes them. */
@Injectable()
export class TrashService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(TrashRepository) private readonly rows: TrashRepository,
  ) {}

  list({ projectId }: ProjectIdentity, query: ListQuery): Promise<PageOf<TrashedRow>> {
    return this.rows.list(projectId, query);
  }

  size({ projectId }: ProjectIdentity): Promise<TrashSize> {
    return this.rows.size(projectId);
  }

  /** @throws AppError NOT_FOUND, DENIED (quota), PRECONDITION when a part of it is gone for good */
  restore(actor: Actor, { projectId }: ProjectIdentity, id: number): Promise<Restored> {
    return this.store.transaction((tx) => restoreArtifact(tx, projectId, id, changeContext(actor)));
  }

  /** Nothing of it can be had back from now on; the collector takes it with its next round. */
  async empty({ projectId }: ProjectIdentity): Promise<void> {
    await this.store.transaction((tx) => emptyTrash(tx, projectId));
  }
}
