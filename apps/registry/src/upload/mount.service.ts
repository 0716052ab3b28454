import { Inject, Injectable } from '@nestjs/common';
import { settleQuota } from '@haven/models';
import { isDigest } from '@haven/oci';
import type { Caller } from '../access/caller.js';
import { BlobRepository, type MountSources } from '../blob/blob.repository.js';
import { Databases } from '../database/databases.js';
import { Traffic } from '../traffic.js';
import { repositoryAt, type Place } from '../v2/place.js';

/** Lets a repository use a blob that another one has (distribution-spec "Mounting a blob from another repository"). */
@Injectable()
export class MountService {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(BlobRepository) private readonly blobs: BlobRepository,
    @Inject(Traffic) private readonly traffic: Traffic,
  ) {}

  /**
   * Mounts a blob into the repository of a place. Without `from`, it is looked for wherever the caller may pull.
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
    const sources = sourcesFor(caller, from, { name, projectId: place.projectId });
    const isMounted = await this.databases.push.transaction(async (tx) => {
      const source = await this.blobs.holdUsable(tx, sources, digest);
      if (source === null) return false;
      const repository = await repositoryAt(tx, place, name);
      const arrival = { step: 'mounted', reason: `mounted from ${source.repository}`, actor: caller.username } as const;
      const addedBytes = await this.blobs.join(tx, repository, { digest, sizeBytes: source.sizeBytes }, arrival);
      await settleQuota(tx, repository.projectId, addedBytes);
      return true;
    });
    if (isMounted) this.traffic.pushed('mount', name);
    return isMounted;
  }
}

/**
 * A grant is for a project's id, so a source in a later project of the same name is not found. Roles hold for whole projects:
 * whoever may pull the target may pull all else in its project.
 */
function sourcesFor(caller: Caller, from: string | null, target: { name: string; projectId: number }): MountSources {
  const pullable = caller.pullable();
  if (from !== null) return { repositories: pullable.filter(({ repository }) => repository === from), projectId: null };
  return {
    repositories: pullable,
    projectId: caller.may('pull', target.name, target.projectId) ? target.projectId : null,
  };
}
