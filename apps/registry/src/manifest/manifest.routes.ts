import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { deleteArtifact } from '@haven/models';
import { parseManifest, parseReference, type Reference } from '@haven/oci';
import type { Caller } from '../access/caller.js';
import { Databases } from '../database/databases.js';
import { Outbox } from '../event/outbox.js';
import { shortUserAgent } from '../event/envelope.js';
import { PullLog } from '../event/pull.log.js';
import { entityTag, isNoneMatch } from '../v2/conditional.js';
import { findPlace, type Place } from '../v2/place.js';
import { readSmallBody } from '../v2/request-body.js';
import { repositoryRoute } from '../v2/route.js';
import type { V2RequestOf } from '../v2/v2-request.js';
import { ManifestPushService } from './manifest-push.service.js';
import { ManifestRepository, type FoundManifest, type ManifestPlace } from './manifest.repository.js';
import { digestOfPushed } from './new-artifact.js';

type ManifestRequest = V2RequestOf<'manifest'>;

const maxManifestBytes = 4 * 1024 * 1024;

/** Haven's own client, which copies between registries: what it reads nobody has pulled. */
const ownClient = 'harbor-registry-client';

/** Manifests (distribution-spec "Pulling manifests", "Pushing Manifests", "Deleting Manifests"). */
@Injectable()
export class ManifestRoutes {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(ManifestRepository) private readonly manifests: ManifestRepository,
    @Inject(ManifestPushService) private readonly pushes: ManifestPushService,
    @Inject(PullLog) private readonly pulls: PullLog,
    @Inject(Outbox) private readonly outbox: Outbox,
  ) {}

  readonly routes = [
    repositoryRoute({
      id: 'manifest.get',
      kind: 'manifest',
      methods: ['GET', 'HEAD'],
      access: 'pull',
      lookup: ({ path }, key) => this.manifests.find(key, parseReference(path.reference)),
      handle: (request, place, caller) => this.get(request, place, caller),
    }),
    repositoryRoute({
      id: 'manifest.put',
      kind: 'manifest',
      methods: ['PUT'],
      access: 'push',
      lookup: (_request, key) => findPlace(this.databases.push, key),
      handle: (request, place, caller) => this.put(request, place, caller),
    }),
    repositoryRoute({
      id: 'manifest.delete',
      kind: 'manifest',
      methods: ['DELETE'],
      access: 'delete',
      lookup: (_request, key) => findPlace(this.databases.push, key),
      handle: (request, place, caller) => this.delete(request, place, caller),
    }),
  ];

  /** `Accept` neither filters nor converts: what was pushed goes out. */
  private async get(request: ManifestRequest, place: ManifestPlace, caller: Caller): Promise<unknown> {
    const { http, reply, path } = request;
    if (place.artifactId === null) throw Errors.manifestUnknown(undefined, { detail: { reference: path.reference } });
    const { digest, mediaType, sizeBytes } = place;
    reply.headers({ 'docker-content-digest': digest, etag: entityTag(digest) });
    if (isNoneMatch(http.headers['if-none-match'], digest)) return reply.code(304).send();
    reply.headers({ 'content-type': mediaType, 'content-length': sizeBytes });
    if (http.method === 'HEAD') return reply.send();
    const payload = await this.manifests.payload(digest);
    this.notePull(request, place, place, caller);
    return reply.send(payload);
  }

  private notePull({ http, path }: ManifestRequest, place: Place, found: FoundManifest, caller: Caller): void {
    const userAgent = http.headers['user-agent'];
    if (userAgent === ownClient || place.repositoryId === null) return;
    const { digest, mediaType, sizeBytes, artifactId } = found;
    const { projectId, repositoryId } = place;
    this.pulls.record({
      ...{ projectId, repositoryId, artifactId, digest, mediaType, sizeBytes },
      repository: path.name,
      tag: path.reference === digest ? undefined : path.reference,
      username: caller.username,
      request: { id: http.id, addr: http.ip, host: http.headers.host ?? '', userAgent },
    });
  }

  private async put({ http, reply, path }: ManifestRequest, place: Place, caller: Caller): Promise<unknown> {
    const reference = parseReference(path.reference);
    const payload = await readSmallBody(http.raw, maxManifestBytes);
    const manifest = parseManifest(payload, http.headers['content-type']);
    const digest = digestOfPushed(payload, reference);
    await this.pushes.push({ payload, manifest, digest, tag: tagOf(reference) }, place, path.name, {
      actor: caller.username,
      sourceIp: http.ip,
      requestId: http.id,
      userAgent: shortUserAgent(http.headers['user-agent']),
    });
    if (manifest.subject !== undefined) reply.header('oci-subject', manifest.subject.digest);
    return reply
      .code(201)
      .headers({ location: `/v2/${path.name}/manifests/${digest}`, 'docker-content-digest': digest })
      .send();
  }

  /** By digest only, as with Harbor: tags are removed through its API. */
  private async delete({ http, reply, path }: ManifestRequest, place: Place, caller: Caller): Promise<unknown> {
    const reference = parseReference(path.reference);
    if (reference.kind === 'tag') throw Errors.unsupported('a manifest is deleted by its digest');
    const { projectId, repositoryId } = place;
    if (repositoryId === null) throw Errors.manifestUnknown();
    const repository = { projectId, repositoryId, name: path.name };
    const { consumers } = this.outbox;
    await this.databases.push.transaction((tx) =>
      deleteArtifact(tx, repository, reference.digest, { actor: caller.username, sourceIp: http.ip, consumers }),
    );
    this.outbox.nudge();
    return reply.code(202).send();
  }
}

const tagOf = (reference: Reference): string | undefined => (reference.kind === 'tag' ? reference.tag : undefined);
