import { Errors } from '@haven/errors';
import { isDigest, isRepositoryName, isTag, splitRepositoryName, type Digest } from '@haven/oci';
import type { DistributionVolume, VolumeLink } from '@haven/storage';
import type { Change, ProjectionConsumer } from '../projection/projection.consumer.js';
import type { ProjectionRepository } from '../projection/projection.repository.js';
import { batches } from './batches.js';
import type { LayoutReport } from './layout-report.js';
import type { LayoutRepository } from './layout.repository.js';

const batchSize = 200;

type Part = 'revisions' | 'layers' | 'tags';

const partOf = (repository: string, part: Partial<Pick<Change, 'digests' | 'layers' | 'tags'>>): Change => ({
  ...{ repository, digests: [], layers: [], tags: [] },
  ...part,
});

/**
 * Brings all of distribution's layout up to date: first what the database has, then what only the volume has. Every step goes
 * through the projection that follows the events, so both may be at the same files at once.
 */
export class LayoutSync {
  constructor(
    private readonly layout: LayoutRepository,
    private readonly states: ProjectionRepository,
    private readonly projection: ProjectionConsumer,
    private readonly volume: DistributionVolume,
    private readonly report: LayoutReport,
  ) {}

  /**
   * @param force also when the database has nothing at all
   * @throws AppError PRECONDITION when the database has nothing and the volume does: it is more likely lost than emptied
   */
  async run(force: boolean): Promise<void> {
    if (!force && !(await this.layout.hasArtifacts()) && (await this.hasOwnRepository())) {
      throw Errors.precondition(
        'the database holds no artifact, the volume does: index it first, or use --force to remove all its links',
      );
    }
    for await (const { id, name } of this.layout.repositories()) await this.write(id, name);
    for await (const name of this.volume.repositories()) await this.prune(name);
  }

  private async hasOwnRepository(): Promise<boolean> {
    for await (const name of this.volume.repositories()) if (isOurs(name)) return true;
    return false;
  }

  /** Bytes and revisions before the tags that lead to them. */
  private async write(repositoryId: number, name: string): Promise<void> {
    for await (const digests of this.layout.pagesOf('revisions', repositoryId)) {
      await this.show('revisions', partOf(name, { digests: digests.filter(isDigest) }));
    }
    for await (const layers of this.layout.pagesOf('layers', repositoryId)) {
      await this.show('layers', partOf(name, { layers: layers.filter(isDigest) }));
    }
    for await (const tags of this.layout.pagesOf('tags', repositoryId)) await this.show('tags', partOf(name, { tags }));
    this.report.count('repositories');
  }

  private async show(part: Part, wanted: Change): Promise<void> {
    const state = await this.projection.bringUpToDate(wanted);
    this.report.count(part, state[part].length);
  }

  /** Removes what a repository on the volume has and the database has not. */
  private async prune(name: string): Promise<void> {
    if (!isOurs(name)) {
      this.report.skip('repositories', name, 'Haven has no such names: it is left as it is');
      return;
    }
    const { repositoryId } = await this.states.stateOf(name, [], [], []);
    if (repositoryId === null) {
      await this.removeRepository(name);
      return;
    }
    for await (const digests of batches(digestsOf(this.volume.revisions(name)), batchSize)) {
      await this.remove('revisions', partOf(name, { digests }));
    }
    for await (const layers of batches(digestsOf(this.volume.layers(name)), batchSize)) {
      await this.remove('layers', partOf(name, { layers }));
    }
    for await (const tags of batches(tagsOf(this.volume, name), batchSize))
      await this.remove('tags', partOf(name, { tags }));
  }

  private async removeRepository(name: string): Promise<void> {
    const { repositoryId } = await this.projection.bringUpToDate(partOf(name, {}));
    this.report.count('removedRepositories');
    // Made again meanwhile: what its events have written may just have gone.
    if (repositoryId !== null) await this.write(repositoryId, name);
  }

  private async remove(part: Part, onVolume: Change): Promise<void> {
    const { repository, digests, tags, layers } = onVolume;
    const state = await this.states.stateOf(repository, digests, tags, layers);
    const kept = new Set([...state.revisions, ...state.layers, ...state.tags.map((tag) => tag.name)]);
    const surplus = {
      repository,
      digests: digests.filter((digest) => !kept.has(digest)),
      layers: layers.filter((layer) => !kept.has(layer)),
      tags: tags.filter((tag) => !kept.has(tag)),
    };
    const count = surplus.digests.length + surplus.layers.length + surplus.tags.length;
    if (count === 0) return;
    await this.projection.bringUpToDate(surplus);
    this.report.count(`removed${part[0]?.toUpperCase()}${part.slice(1)}`, count);
  }
}

const isOurs = (name: string): boolean => isRepositoryName(name) && splitRepositoryName(name) !== null;

async function* digestsOf(links: AsyncIterable<VolumeLink>): AsyncGenerator<Digest> {
  for await (const { filedUnder } of links) if (filedUnder !== null) yield filedUnder;
}

async function* tagsOf(volume: DistributionVolume, name: string): AsyncGenerator<string> {
  for await (const tag of volume.tags(name)) if (isTag(tag.name)) yield tag.name;
}
