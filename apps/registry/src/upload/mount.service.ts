import { Inject, Injectable } from '@nestjs/common';
import { settleQuota, type Sql } from '@haven/models';
import { isDigest, isRepositoryName, type Digest } from '@haven/oci';
import type { Caller } from '../access/caller.js';
import { BlobRepository } from '../blob/blob.repository.js';
import { Databases } from '../database/databases.js';
import { repositoryAt, type Place } from '../v2/place.js';

/** Repositories that an anonymous mount looks into at most. */
const mostSources = 64;

/** A repository from which the caller may read. */
interface Source {
  repository: string;
  projectId: number;
}

/** Lets a repository use a blob that another one has (distribution-spec "Mounting a blob from another repository"). */
@Injectable()
export class MountService {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(BlobRepository) private readonly blobs: BlobRepository,
  ) {}

  /**
   * Mounts a blob into the repository of a place. Without `from`, it is looked for wherever the caller's token allows pulling.
   * @returns false when it cannot be mounted, whatever the reason: a source that is forbidden looks like one without the blob
   * @throws AppError DENIED (quota)
   */
  async mount(
    place: Place,
    name: string,
    mount: { digest: string; from: string | null },
    caller: Caller,
  ): Promise<boolean> {
    const { digest, from } = mount;
    if (!isDigest(digest)) return false;
    const sources = sourcesFor(caller, from);
    if (sources.length === 0) return false;
    return this.databases.push.transaction(async (tx) => {
      const source = await this.findSource(tx, sources, digest);
      if (source === null) return false;
      const repository = await repositoryAt(tx, place, name);
      const arrival = { step: 'mounted', reason: `mounted from ${source.repository}`, actor: caller.username } as const;
      const addedBytes = await this.blobs.join(tx, repository, { digest, sizeBytes: source.sizeBytes }, arrival);
      await settleQuota(tx, repository.projectId, addedBytes);
      return true;
    });
  }

  private async findSource(
    tx: Sql,
    sources: readonly Source[],
    digest: Digest,
  ): Promise<(Source & { sizeBytes: number }) | null> {
    for (const source of sources) {
      const sizeBytes = await this.blobs.holdUsable(tx, source.repository, source.projectId, digest);
      if (sizeBytes !== null) return { ...source, sizeBytes };
    }
    return null;
  }
}

/** A grant is for a project's id, so a source in a later project of the same name is not found. */
function sourcesFor(caller: Caller, from: string | null): Source[] {
  const pullable = caller.pullable();
  if (from === null) return pullable.slice(0, mostSources);
  return isRepositoryName(from) ? pullable.filter(({ repository }) => repository === from) : [];
}
