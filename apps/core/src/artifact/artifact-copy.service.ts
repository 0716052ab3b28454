import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { AccessService } from '@haven/http';
import { copyArtifact, ensureRepository, sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { isRepositoryName } from '@haven/oci';
import { assertNoProxyCache } from '../project/proxy-cache.js';
import { fullNameOf, type RepositoryPath } from '../repository/repository-path.js';
import type { Actor } from '../security/actor.decorator.js';
import { ArtifactLookup } from './artifact-lookup.repository.js';
import { changeContext } from './change-context.js';
import type { CopySource } from './copy-source.js';

/** Every blob is named by its manifest in the same transaction, so the lease is never lived on. */
const leaseSeconds = 3_600;

/** Copies within the platform: "promote this image to production". */
@Injectable()
export class ArtifactCopyService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ArtifactLookup) private readonly lookup: ArtifactLookup,
    @Inject(AccessService) private readonly access: AccessService,
  ) {}

  /**
   * Copies an artifact with its children, accessories and tags.
   * @throws AppError NOT_FOUND, FORBIDDEN (the source), DENIED (an accessory by itself; quota), PRECONDITION (a tag that a rule
   * keeps), METHOD_NOT_ALLOWED (into a proxy cache)
   */
  async copy(target: RepositoryPath, source: CopySource, actor: Actor, requestId: string): Promise<void> {
    const name = fullNameOf(target);
    if (!isRepositoryName(name)) throw Errors.badRequest(`invalid repository name ${JSON.stringify(name)}`);
    const key = { name: source.project };
    const { project } = await this.access.requireInProject(actor.principal, key, 'artifact', 'read');
    await this.store.transaction(async (tx) => {
      await assertNoProxyCache(tx, target.project.projectId);
      // First, as whoever deletes a repository does: the two take turns.
      const repository = await ensureRepository(tx, target.project.projectId, name);
      const found = await this.lookup.hold(tx, { project, name: source.repository, reference: source.reference });
      if (await isAccessory(tx, found.artifactId)) throw Errors.denied('copying an accessory by itself is not allowed');
      await copyArtifact(tx, found, { ...changeContext(actor), repository, requestId, userAgent: '', leaseSeconds });
    });
  }
}

const isAccessory = async (tx: Transaction, artifactId: number): Promise<boolean> =>
  (await tx.maybe(sql('SELECT 1 FROM artifact_accessory WHERE artifact_id = $1', artifactId))) !== null;
