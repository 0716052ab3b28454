import { Errors } from '@haven/errors';
import type { DistributionVolume } from '@haven/storage';
import type { LayoutReport } from './layout-report.js';
import type { RepositoryIndex } from './repository-index.service.js';
import { planNames } from './volume-name.js';

/** Repositories that are worked on at the same time: the disk and the database wait more than they work. */
const atOnce = 4;

/** Takes a whole volume in. */
export class LayoutIndex {
  constructor(
    private readonly volume: DistributionVolume,
    private readonly repositories: RepositoryIndex,
    private readonly report: LayoutReport,
  ) {}

  /**
   * @param project takes what has no project of its own
   * @throws AppError BAD_REQUEST when there is no such volume
   */
  async run(project: string): Promise<void> {
    if (!(await this.volume.exists()))
      throw Errors.badRequest('there is no docker/registry/v2/repositories below that root');
    const sources: string[] = [];
    for await (const source of this.volume.repositories()) sources.push(source);
    const { taken, refused } = planNames(sources, project);
    for (const { source, why } of refused) this.report.skip('repositories', source, why);
    const waiting = taken.values();
    const work = async (): Promise<void> => {
      for (const { source, name } of waiting) {
        if (source !== name) this.report.note(`${source} becomes ${name}`);
        await this.repositories.index(source, name);
      }
    };
    await allEnded(Array.from({ length: atOnce }, work));
  }
}

/** Waits for all, even after a failure: nobody works on while the connections are being closed. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
