import { PLATFORM_HEADER, selectsRepository, selectTags, type ReplicationFilter } from '@haven/models';
import type { Digest } from '@haven/oci';
import type { RegistryClient, RemoteRegistry } from '@haven/registry-client';
import { forEachOf } from './in-parallel.js';
import type { Companion, Inventory, ReplicationEnd, SourceArtifact } from './replication-end.js';

const questionsAtOnce = 8;

/** Another registry, behind its adapter. */
export class RemoteEnd implements ReplicationEnd {
  readonly name: string;
  readonly limits: { minimum: number; maximum: number };
  readonly deletesTags: boolean;
  readonly takesChunks: boolean;

  constructor(private readonly registry: RemoteRegistry) {
    const { capabilities, endpoint } = registry;
    this.name = endpoint.name;
    this.limits = { minimum: capabilities.minimumPathComponents, maximum: capabilities.maximumPathComponents };
    this.deletesTags = capabilities.tagDeletion;
    this.takesChunks = capabilities.copyByChunk;
  }

  async platformId(signal: AbortSignal): Promise<string | null> {
    const response = await this.registry.client.connection.expect([200], '/v2/', '', { signal });
    response.drop();
    return response.header(PLATFORM_HEADER) ?? null;
  }

  client(): Promise<RegistryClient> {
    return Promise.resolve(this.registry.client);
  }

  async *repositories(filters: readonly ReplicationFilter[], signal: AbortSignal): AsyncGenerator<string> {
    const name = filters.find((filter) => filter.type === 'name');
    const namePattern = typeof name?.value === 'string' ? name.value : '';
    for await (const repository of this.registry.listRepositories({ namePattern }, signal)) {
      if (selectsRepository(filters, repository)) yield repository;
    }
  }

  /** A registry without an API of its own tells tags only: each that is meant is asked for its digest. */
  async artifacts(
    repository: string,
    filters: readonly ReplicationFilter[],
    signal: AbortSignal,
  ): Promise<SourceArtifact[]> {
    const { listArtifacts } = this.registry;
    const found: SourceArtifact[] = [];
    if (listArtifacts !== undefined) {
      for await (const { digest, labels, tags: own } of listArtifacts.call(this.registry, repository, {}, signal)) {
        const tags = selectTags(filters, { tags: own, labels, type: 'IMAGE' });
        if (tags !== null) found.push({ digest, tags, companions: [] });
      }
      return found;
    }
    const all = await this.tags(repository, signal);
    const companions = companionTags(all);
    const meant = all.filter((tag) => selectTags(filters, { tags: [tag], labels: [], type: 'IMAGE' }) !== null);
    const own = meant.filter((tag) => subjectOf(tag) === null);
    const byDigest = await this.digestsOf(repository, own, signal);
    for (const [digest, tags] of byDigest) {
      const named = await this.digestsOf(repository, companions.get(digest) ?? [], signal);
      found.push({
        digest,
        tags,
        companions: [...named].map(([companion, its]) => ({ digest: companion, tags: its })),
      });
    }
    return found;
  }

  async inventory(repository: string, signal: AbortSignal): Promise<Inventory> {
    const { listArtifacts } = this.registry;
    const tags = new Map<string, string | null>();
    const digests = new Set<string>();
    try {
      if (listArtifacts === undefined) {
        for (const tag of await this.tags(repository, signal)) tags.set(tag, null);
        return { tags, digests: null };
      }
      for await (const artifact of listArtifacts.call(this.registry, repository, {}, signal)) {
        digests.add(artifact.digest);
        for (const tag of artifact.tags) tags.set(tag, artifact.digest);
      }
    } catch (error) {
      // A repository that is not there yet holds nothing.
      if (!isNotFound(error)) throw error;
    }
    return { tags, digests };
  }

  pushes(): Promise<null> {
    return Promise.resolve(null);
  }

  prepare(repositories: readonly string[], signal: AbortSignal): Promise<void> {
    return this.registry.prepareForPush(repositories, signal);
  }

  deleteArtifact(repository: string, digest: Digest, signal: AbortSignal): Promise<boolean> {
    return this.registry.deleteArtifact(repository, digest, signal);
  }

  deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<boolean> {
    return this.registry.deleteTag(repository, tag, signal);
  }

  private async tags(repository: string, signal: AbortSignal): Promise<string[]> {
    const tags: string[] = [];
    for await (const tag of this.registry.client.listTags(repository, { signal })) tags.push(tag);
    return tags;
  }

  private async digestsOf(
    repository: string,
    tags: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<Digest, string[]>> {
    const byDigest = new Map<Digest, string[]>();
    await forEachOf(tags, questionsAtOnce, async (tag) => {
      const head = await this.registry.client.headManifest(repository, tag, signal);
      if (head !== null) byDigest.set(head.digest, [...(byDigest.get(head.digest) ?? []), tag]);
    });
    return byDigest;
  }
}

export const isNotFound = (error: unknown): boolean =>
  Error.isError(error) && 'failure' in error && error.failure === 'not-found';

/** What a tag belongs to: signatures, attestations and SBOMs by cosign's form, and the list that stands for referrers. */
function subjectOf(tag: string): string | null {
  const [, hex] = /^sha256-([0-9a-f]{64})(\.(sig|att|sbom))?$/.exec(tag) ?? [];
  return hex === undefined ? null : `sha256:${hex}`;
}

/** By the digest of what they belong to. The list of referrers is not copied, but made anew by those who are. */
const companionTags = (tags: readonly string[]): ReadonlyMap<string | null, Companion['tags']> =>
  Map.groupBy(
    tags.filter((tag) => tag.includes('.')),
    subjectOf,
  );
