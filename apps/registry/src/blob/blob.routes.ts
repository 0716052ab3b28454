import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { parseDigest } from '@haven/oci';
import type { Caller } from '../access/caller.js';
import { Databases } from '../database/databases.js';
import { findPlace, type Place } from '../v2/place.js';
import { repositoryRoute } from '../v2/route.js';
import type { V2RequestOf } from '../v2/v2-request.js';
import { BlobDelivery } from './blob-delivery.js';
import { BlobRepository, type BlobPlace } from './blob.repository.js';

type BlobRequest = V2RequestOf<'blob'>;

/** Blobs (distribution-spec "Pulling blobs", "Deleting Blobs"). */
@Injectable()
export class BlobRoutes {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(BlobRepository) private readonly blobs: BlobRepository,
    @Inject(BlobDelivery) private readonly delivery: BlobDelivery,
  ) {}

  readonly routes = [
    repositoryRoute({
      id: 'blob.get',
      kind: 'blob',
      methods: ['GET', 'HEAD'],
      access: 'pull',
      lookup: ({ path }, key) => this.blobs.find(key, parseDigest(path.digest)),
      handle: (request, place, caller) => this.get(request, place, caller),
    }),
    repositoryRoute({
      id: 'blob.delete',
      kind: 'blob',
      methods: ['DELETE'],
      access: 'delete',
      lookup: (_request, key) => findPlace(this.databases.push, key),
      handle: (request, place, caller) => this.delete(request, place, caller),
    }),
  ];

  private async get({ http, reply, path }: BlobRequest, place: BlobPlace, caller: Caller): Promise<unknown> {
    const digest = parseDigest(path.digest);
    const { repositoryId, projectId, sizeBytes } = place;
    const lost = place.isDamaged === true ? 'the bytes of this blob are damaged or lost: push it again' : undefined;
    const unknown = () => Errors.blobUnknown(lost, { detail: { digest } });
    if (repositoryId === null || sizeBytes === null) throw unknown();
    // Whoever may push asks in order to leave out an upload.
    if (http.method === 'HEAD' && place.isLeaseDue === true && caller.may('push', path.name, projectId)) {
      if (!(await this.blobs.extendLease(repositoryId, digest))) throw unknown();
    }
    return this.delivery.send(http, reply, {
      ...{ repository: path.name, projectId, username: caller.username },
      ...{ digest, sizeBytes },
    });
  }

  /** Only what no manifest of the repository names can be deleted: an image would lose a layer. */
  private async delete({ reply, path }: BlobRequest, place: Place, caller: Caller): Promise<unknown> {
    const digest = parseDigest(path.digest);
    const { projectId, repositoryId } = place;
    if (repositoryId === null) throw Errors.blobUnknown(undefined, { detail: { digest } });
    const repository = { projectId, repositoryId, name: path.name };
    const outcome = await this.databases.push.transaction((tx) =>
      this.blobs.remove(tx, repository, digest, caller.username),
    );
    if (outcome === 'absent') throw Errors.blobUnknown(undefined, { detail: { digest } });
    if (outcome === 'named') throw Errors.methodNotAllowed('a manifest of the repository names this blob');
    return reply.code(202).send();
  }
}
