import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { ModelStore } from '@haven/models/orm';
import { LabelRepository } from '../label/label.repository.js';
import { ArtifactLookup, type ArtifactPath } from './artifact-lookup.repository.js';

/** Labels on artifacts. */
@Injectable()
export class ArtifactLabelService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ArtifactLookup) private readonly lookup: ArtifactLookup,
    @Inject(LabelRepository) private readonly labels: LabelRepository,
  ) {}

  /** @throws AppError NOT_FOUND, also for a label of another project; CONFLICT when the artifact has it already */
  async add(path: ArtifactPath, labelId: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      const { artifactId, repository } = await this.lookup.hold(tx, path);
      const { projectId } = repository;
      if (!(await this.labels.isUsable(tx, labelId, projectId))) throw Errors.notFound(`label ${labelId} not found`);
      if (await this.labels.attach(tx, labelId, artifactId, projectId)) return;
      throw Errors.conflict(`label ${labelId} is already added to the artifact ${artifactId}`);
    });
  }

  /** @throws AppError NOT_FOUND */
  async remove(path: ArtifactPath, labelId: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      const { artifactId } = await this.lookup.hold(tx, path);
      if (await this.labels.detach(tx, labelId, artifactId)) return;
      throw Errors.notFound(`reference with label ${labelId} and artifact ${artifactId} not found`);
    });
  }
}
