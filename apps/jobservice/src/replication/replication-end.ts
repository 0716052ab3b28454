import type { PathLimits, ReplicationFilter } from '@haven/models';
import type { Digest } from '@haven/oci';
import type { RegistryClient } from '@haven/registry-client';

/** Something that belongs to an artifact: a signature, an SBOM. */
export interface Companion {
  digest: Digest;
  tags: string[];
}

/** An artifact of the source, with the tags that are to be copied. */
export interface SourceArtifact extends Companion {
  /** What of it is known without asking for each; the copy asks. */
  companions: Companion[];
}

/** What a repository of the target holds, as far as a few requests tell. */
export interface Inventory {
  /** Null where the target tells names of tags only. */
  tags: ReadonlyMap<string, string | null>;
  /** Null where it does not tell. */
  digests: ReadonlySet<string> | null;
}

/** One side of a replication: this platform, or another registry. */
export interface ReplicationEnd {
  /** For people. */
  readonly name: string;
  readonly limits: PathLimits;
  /** It lets go of tags without their artifacts. */
  readonly deletesTags: boolean;
  readonly takesChunks: boolean;
  /** Id of the platform at this end; null when it is none. */
  platformId: (signal: AbortSignal) => Promise<string | null>;
  client: (repository: string) => Promise<RegistryClient>;
  /** Names of repositories that the filters mean. */
  repositories: (filters: readonly ReplicationFilter[], signal: AbortSignal) => AsyncIterable<string>;
  /** Artifacts of a repository that the filters mean. */
  artifacts: (
    repository: string,
    filters: readonly ReplicationFilter[],
    signal: AbortSignal,
  ) => Promise<SourceArtifact[]>;
  inventory: (repository: string, signal: AbortSignal) => Promise<Inventory>;
  /** What the tags stand for by now, and since when; null at an end that does not tell. */
  pushes: (repository: string, tags: readonly string[]) => Promise<ReadonlyMap<string, TagPush> | null>;
  /** Makes what has to be there before a push. */
  prepare: (repositories: readonly string[], signal: AbortSignal) => Promise<void>;
  /** @returns false when it was not there */
  deleteArtifact: (repository: string, digest: Digest, signal: AbortSignal) => Promise<boolean>;
  /** @returns false when it was not there */
  deleteTag: (repository: string, tag: string, signal: AbortSignal) => Promise<boolean>;
}

/** The push that a tag stands for: when it was first made, and on which platform if not on this one. */
export interface TagPush {
  digest: string;
  time: string;
  platformId: string | null;
}
