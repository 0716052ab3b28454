import { Inject, Injectable } from '@nestjs/common';
import type { Platform } from '@haven/oci';
import { readImmutability, statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { LabelRepository, type LabelRow } from '../label/label.repository.js';
import { TagRepository, type TagRow } from '../tag/tag.repository.js';
import { AccessoryRepository, type AccessoryRow } from './accessory.repository.js';
import type { ArtifactOptions } from './artifact-options.js';

/** A child of an index, as the table has it. */
export interface ReferenceRow {
  parent_id: number;
  child_id: number;
  child_digest: string;
  platform: Partial<Platform> | null;
  urls: string[];
  annotations: object;
}

/** What belongs to one artifact. */
export interface ArtifactDetails {
  references: readonly ReferenceRow[];
  tags: readonly TagRow[];
  labels: readonly LabelRow[];
  accessories: readonly AccessoryRow[];
  inheritedAccessories: readonly AccessoryRow[];
  isImmutable: ImmutabilityTest;
}

type ImmutabilityTest = (repositoryName: string, tag: string) => boolean;
const nothingIsImmutable: ImmutabilityTest = () => false;

const referencesOf = statement(
  'references_of_artifacts',
  `SELECT parent_id, child_id, child_digest, platform, urls, annotations
     FROM artifact_reference WHERE parent_id = ANY ($1::bigint[]) ORDER BY parent_id, position`,
);

/** Fetches what belongs to the artifacts of a page: one query for each kind, whatever the number of artifacts. */
@Injectable()
export class ArtifactDetailRepository {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(TagRepository) private readonly tags: TagRepository,
    @Inject(LabelRepository) private readonly labels: LabelRepository,
    @Inject(AccessoryRepository) private readonly accessories: AccessoryRepository,
  ) {}

  /** @param artifacts all of one project @returns the details of an artifact by its id */
  async load(
    artifacts: readonly { id: number; project_id: number }[],
    options: ArtifactOptions,
  ): Promise<(id: number) => ArtifactDetails> {
    const ids = artifacts.map(({ id }) => id);
    const projectId = artifacts[0]?.project_id;
    const [references, tags, labels, accessories, inherited, isImmutable] = await Promise.all([
      ids.length === 0 ? [] : this.store.sql.rows<ReferenceRow & Record<string, unknown>>(referencesOf(ids)),
      ids.length === 0 || !options.withTags ? [] : this.tags.ofArtifacts(ids),
      ids.length === 0 || !options.withLabels ? [] : this.labels.ofArtifacts(ids),
      ids.length === 0 || !options.withAccessories ? [] : this.accessories.ofSubjects(ids),
      ids.length === 0 || !options.withInheritedAccessories ? [] : this.accessories.inheritedBy(ids),
      projectId === undefined || !options.withImmutability
        ? nothingIsImmutable
        : readImmutability(this.store.sql, projectId),
    ]);
    const referencesByParent = Map.groupBy(references, (row) => row.parent_id);
    const tagsByArtifact = Map.groupBy(tags, (row) => row.artifact_id);
    const labelsByArtifact = Map.groupBy(labels, (row) => row.artifactId);
    const accessoriesBySubject = Map.groupBy(accessories, (row) => row.subject_artifact_id);
    const inheritedByChild = Map.groupBy(inherited, (row) => row.child_id);
    return (id) => ({
      references: referencesByParent.get(id) ?? [],
      tags: tagsByArtifact.get(id) ?? [],
      labels: labelsByArtifact.get(id) ?? [],
      accessories: accessoriesBySubject.get(id) ?? [],
      inheritedAccessories: inheritedByChild.get(id) ?? [],
      isImmutable,
    });
  }
}
