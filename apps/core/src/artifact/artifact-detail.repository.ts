import { Inject, Injectable } from '@nestjs/common';
import type { Platform } from '@haven/oci';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
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
  accessories: readonly AccessoryRow[];
  inheritedAccessories: readonly AccessoryRow[];
}

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
    @Inject(AccessoryRepository) private readonly accessories: AccessoryRepository,
  ) {}

  /** @returns the details of an artifact by its id */
  async load(ids: readonly number[], options: ArtifactOptions): Promise<(id: number) => ArtifactDetails> {
    const [references, tags, accessories, inherited] = await Promise.all([
      ids.length === 0 ? [] : this.store.sql.rows<ReferenceRow & Record<string, unknown>>(referencesOf(ids)),
      ids.length === 0 || !options.withTags ? [] : this.tags.ofArtifacts(ids),
      ids.length === 0 || !options.withAccessories ? [] : this.accessories.ofSubjects(ids),
      ids.length === 0 || !options.withInheritedAccessories ? [] : this.accessories.inheritedBy(ids),
    ]);
    const referencesByParent = Map.groupBy(references, (row) => row.parent_id);
    const tagsByArtifact = Map.groupBy(tags, (row) => row.artifact_id);
    const accessoriesBySubject = Map.groupBy(accessories, (row) => row.subject_artifact_id);
    const inheritedByChild = Map.groupBy(inherited, (row) => row.child_id);
    return (id) => ({
      references: referencesByParent.get(id) ?? [],
      tags: tagsByArtifact.get(id) ?? [],
      accessories: accessoriesBySubject.get(id) ?? [],
      inheritedAccessories: inheritedByChild.get(id) ?? [],
    });
  }
}
