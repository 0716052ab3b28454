import { Inject, Injectable } from '@nestjs/common';
import { isDigest, isRepositoryName, isTag, parseDigest } from '@haven/oci';
import type { OutboxRow } from '@haven/models';
import type { Logger } from '@haven/observability';
import type { RepositoryProjection } from '@haven/storage';
import { z } from 'zod';
import { LOGGER } from '../registry.config.js';
import { PROJECTION } from '../storage/storage.providers.js';
import { ProjectionRepository, type CurrentState } from './projection.repository.js';

const digest = z.string().refine(isDigest);
const tag = z.string().refine(isTag);

/** What any event of the outbox may say of a repository, as far as the projection shows it. */
const change = z
  .object({
    repository: z.string().refine(isRepositoryName),
    digest,
    digests: z.array(digest).default([]),
    tag: tag.nullish(),
    tags: z.array(tag).default([]),
    blobDigests: z.array(digest).default([]),
  })
  .transform((data) => ({
    repository: data.repository,
    digests: [...new Set([data.digest, ...data.digests])],
    tags: [...new Set([...(typeof data.tag === 'string' ? [data.tag] : []), ...data.tags])],
    layers: data.blobDigests,
  }));
/** Parts of a repository that may have changed. */
export type Change = z.infer<typeof change>;

/** Rounds after which a repository that keeps changing is left to the events of those changes. */
const mostRounds = 5;

/**
 * Keeps distribution's link files like the database. An event only says where to look: what is written is what the database
 * says now, so events may come twice, late, or in any order.
 */
@Injectable()
export class ProjectionConsumer {
  constructor(
    @Inject(PROJECTION) private readonly projection: RepositoryProjection | null,
    @Inject(ProjectionRepository) private readonly states: ProjectionRepository,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  get isKept(): boolean {
    return this.projection !== null;
  }

  /** @throws whatever writing raises; the rows then come again */
  async follow(rows: readonly OutboxRow[]): Promise<void> {
    if (this.projection === null) return;
    for (const row of rows) {
      const parsed = change.safeParse(row.payload);
      if (parsed.success) await this.bringUpToDate(parsed.data);
      else
        this.log.error(
          { topic: row.topic, eventId: row.eventId, err: parsed.error },
          'outbox row not understood, left out',
        );
    }
  }

  /**
   * Writes until the database says the same before and after: another replica may be at the same files with an older view.
   * @returns what it said last
   */
  async bringUpToDate(wanted: Change): Promise<CurrentState> {
    const read = () => this.states.stateOf(wanted.repository, wanted.digests, wanted.tags, wanted.layers);
    let state = await read();
    for (let round = 1; round <= mostRounds && this.projection !== null; round += 1) {
      await this.write(this.projection, wanted, state);
      const after = await read();
      if (JSON.stringify(after) === JSON.stringify(state)) break;
      state = after;
    }
    return state;
  }

  private async write(projection: RepositoryProjection, wanted: Change, state: CurrentState): Promise<void> {
    const { repository } = wanted;
    if (state.repositoryId === null) {
      await projection.removeRepository(repository);
      return;
    }
    const tags = new Map(state.tags.map(({ name, digest: current }) => [name, parseDigest(current)]));
    for (const name of wanted.tags) if (!tags.has(name)) await projection.unlinkTag(repository, name);
    for (const layer of wanted.layers) {
      if (state.layers.includes(layer)) await projection.linkLayer(repository, layer);
      else await projection.unlinkLayer(repository, layer);
    }
    for (const revision of wanted.digests) {
      if (state.revisions.includes(revision)) await this.writeRevision(projection, repository, revision);
      else await projection.unlinkRevision(repository, revision);
    }
    for (const [name, current] of tags) await projection.linkTag(repository, name, current);
  }

  /** Bytes first: a link never points at nothing. */
  private async writeRevision(
    projection: RepositoryProjection,
    repository: string,
    revision: Change['digests'][number],
  ): Promise<void> {
    const payload = await this.states.payload(revision);
    if (payload === null) return;
    await projection.writeManifestBlob(revision, payload);
    await projection.linkRevision(repository, revision);
  }
}
