import type { Companion, Inventory, SourceArtifact } from './replication-end.js';

/** What of a repository is to be copied. */
export interface RepositoryDiff {
  /** Without tags: the artifact alone, or something that belongs to it. */
  copies: SourceArtifact[];
  /** The target has something under these names, and does not tell what: it has to be asked for each. */
  unsure: { artifact: SourceArtifact; tag: string }[];
  /** The target has something else there, and is not to be overridden. */
  kept: string[];
}

/**
 * Holds what the source has against what the target tells, and against what was copied before.
 * @param remembered digests that were copied, by tag, or by digest where there was none
 */
export function compareRepository(
  artifacts: readonly SourceArtifact[],
  inventory: Inventory,
  remembered: ReadonlyMap<string, string>,
  overrides: boolean,
): RepositoryDiff {
  const diff: RepositoryDiff = { copies: [], unsure: [], kept: [] };
  for (const artifact of artifacts) {
    const { digest } = artifact;
    const missing: string[] = [];
    for (const tag of artifact.tags) {
      const there = inventory.tags.get(tag);
      if (there === undefined) missing.push(tag);
      else if (there === null) {
        if (remembered.get(tag) !== digest) diff.unsure.push({ artifact, tag });
      } else if (there !== digest) {
        if (overrides) missing.push(tag);
        else diff.kept.push(tag);
      }
    }
    const isGone = artifact.tags.length === 0 && !isThere(artifact, inventory, remembered);
    const companions = artifact.companions.filter((companion) => !isThere(companion, inventory, remembered));
    if (missing.length > 0 || isGone || companions.length > 0) diff.copies.push({ digest, tags: missing, companions });
  }
  return diff;
}

const isThere = ({ digest, tags }: Companion, inventory: Inventory, remembered: ReadonlyMap<string, string>): boolean =>
  (inventory.digests?.has(digest) ?? false) ||
  (remembered.get(digest) === digest && tags.every((tag) => inventory.tags.has(tag)));
