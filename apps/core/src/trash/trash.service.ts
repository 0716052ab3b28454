import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import {
  emptyTrash,
  restoreArtifact,
  restoreRepositoryBatch,
  type DeletionContext,
  type Restored,
  type RestoredBatch,
  type RestorePlace,
} from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { changeContext } from '../artifact/change-context.js';
import type { Actor } from '../security/actor.decorator.js';
import { TrashRepository, type TrashedRow, type TrashSize } from './trash.repository.js';

const batchSize = 50;

/** What a restore of a whole repository came to. */
export interface RestoredRepository extends Restored {
  /** Digests of those that stay in the trash, because a part of them is gone for good. */
  incomplete: string[];
}

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

  /**
   * Brings back all that a repository has in the trash, batch by batch. Cut short, it has brought back a part, and may be asked
   * for again: it goes on.
   * @throws AppError NOT_FOUND when there is neither such a repository nor anything of it in the trash, DENIED (quota)
   */
  async restoreRepository(actor: Actor, project: ProjectIdentity, repository: string): Promise<RestoredRepository> {
    const target = { projectId: project.projectId, name: `${project.name}/${repository}` };
    const restored: RestoredRepository = { digests: [], tags: [], keptElsewhere: [], incomplete: [] };
    let after: RestorePlace | null = null;
    do {
      const batch = await this.restoreBatch(target, after, changeContext(actor));
      for (const field of ['digests', 'tags', 'keptElsewhere', 'incomplete'] as const)
        restored[field].push(...batch[field]);
      after = batch.next;
    } while (after !== null);
    const isNothing = restored.digests.length + restored.incomplete.length === 0;
    if (isNothing && !(await this.rows.hasRepository(target.name))) {
      throw Errors.notFound(`nothing of repository ${target.name} is in the trash`);
    }
    return restored;
  }

  /** Nothing of it can be had back from now on; the collector takes it with its next round. */
  async empty({ projectId }: ProjectIdentity): Promise<void> {
    await this.store.transaction((tx) => emptyTrash(tx, projectId));
  }

  private restoreBatch(
    target: { projectId: number; name: string },
    after: RestorePlace | null,
    context: DeletionContext,
  ): Promise<RestoredBatch> {
    return this.store.transaction((tx) => restoreRepositoryBatch(tx, target, after, batchSize, context));
  }
}
