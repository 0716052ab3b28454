import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { DigestRepository, type DigestScope, type LedgerRow, type Some } from './digest.repository.js';
import { tellDigest, type DigestFacts, type DigestStory } from './digest-story.js';
import { SizeRepository, type ProjectSpace, type Sizes } from './size.repository.js';

/** All that can be said of one digest. */
export interface DigestExplanation extends DigestStory, Omit<DigestFacts, 'now'> {
  digest: string;
  ledger: Some<LedgerRow>;
}

/** Tells what takes room, what keeps it, and what becomes of it. */
@Injectable()
export class SpaceService {
  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(DigestRepository) private readonly digests: DigestRepository,
    @Inject(SizeRepository) private readonly sizes: SizeRepository,
  ) {}

  /**
   * @param project whose part of it is told; null for all of it
   * @throws AppError NOT_FOUND when nothing ever had this digest
   */
  async explain(digest: string, project: ProjectIdentity | null): Promise<DigestExplanation> {
    const { trashDays, timeWindowHours } = this.config;
    const scope: DigestScope = { projectId: project?.projectId ?? null, projectName: project?.name ?? '' };
    const [state, references, trash, memberships, ledger] = await Promise.all([
      project === null ? this.digests.state(digest) : null,
      this.digests.references(digest, scope),
      this.digests.trash(digest, scope, trashDays),
      this.digests.memberships(digest, scope),
      this.digests.ledger(digest, scope),
    ]);
    const isKnown = [references, trash, memberships, ledger].some(({ total }) => total > 0);
    const isStored = state !== null && (state.status !== null || state.isManifest || state.review !== null);
    if (!isKnown && !isStored) throw Errors.notFound(`nothing is known of ${digest}`);
    const facts = { state, references, trash, memberships, timeWindowHours };
    return { digest, ...facts, ledger, ...tellDigest({ ...facts, now: new Date() }) };
  }

  sizesOfProject({ projectId }: ProjectIdentity): Promise<Sizes> {
    return this.sizes.ofProject(projectId);
  }

  /** @throws AppError NOT_FOUND */
  async sizesOfRepository({ name }: ProjectIdentity, repository: string): Promise<Sizes> {
    const id = await this.sizes.findRepository(`${name}/${repository}`);
    if (id === null) throw Errors.notFound(`repository ${name}/${repository} not found`);
    return this.sizes.ofRepository(id);
  }

  projects(query: ListQuery): Promise<PageOf<ProjectSpace>> {
    return this.sizes.list(query);
  }
}
