import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Errors } from '@haven/errors';
import { deleteArtifact, deleteTag, ORIGIN_HEADER, parseOrigin, type PushOrigin } from '@haven/models';
import { isTag, parseManifest, parseReference, type Reference } from '@haven/oci';
import type { Caller } from '../access/caller.js';
import { Databases } from '../database/databases.js';
import { Outbox } from '../event/outbox.js';
import { shortUserAgent } from '../event/envelope.js';
import { PullLog } from '../event/pull.log.js';
import { Traffic } from '../traffic.js';
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
const mostTagsAtOnce = 100;

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
    @Inject(Traffic) private readonly traffic: Traffic,
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
      lookup: ({ path }, key) => this.manifests.find(key, parseReference(path.reference)),
      handle: (request, place, caller) => this.delete(request, place, caller),
    }),
  ];

  /** `Accept` neither filters nor converts: what was pushed goes out. */
  private async get(request: ManifestRequest, place: ManifestPlace, caller: Caller): Promise<unknown> {
    const { http, reply, path } = request;
    const unknown = () => Errors.manifestUnknown(undefined, { detail: { reference: path.reference } });
    if (place.artifactId === null) throw unknown();
    const { digest, mediaType, sizeBytes } = place;
    // Whoever may push asks in order to leave out the push: where blobs are lost, that is what would mend them.
    if (http.method === 'HEAD' && caller.may('push', path.name, place.projectId)) {
      if (await this.manifests.isDamaged(place.artifactId)) throw unknown();
    }
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
    this.traffic.pulled('manifest', path.name, sizeBytes);
    const { projectId, repositoryId } = place;
    this.pulls.record({
      ...{ projectId, repositoryId, artifactId, digest, mediaType, sizeBytes },
      repository: path.name,
      tag: path.reference === digest ? undefined : path.reference,
      username: caller.username,
      request: { id: http.id, addr: http.ip, host: http.headers.host ?? '', userAgent },
    });
  }

  private async put({ http, reply, path, query }: ManifestRequest, place: Place, caller: Caller): Promise<unknown> {
    const reference = parseReference(path.reference);
    const furtherTags = readTags(query.getAll('tag'));
    const payload = await readSmallBody(http.raw, maxManifestBytes);
    const manifest = parseManifest(payload, http.headers['content-type']);
    const digest = digestOfPushed(payload, reference);
    await this.pushes.push(
      { payload, manifest, digest, tags: [...tagsOf(reference), ...furtherTags] },
      place,
      path.name,
      {
        actor: caller.username,
        sourceIp: http.ip,
        requestId: http.id,
        userAgent: shortUserAgent(http.headers['user-agent']),
        origin: originOf(http),
      },
    );
    this.traffic.stored('manifest', path.name, payload.length);
    this.traffic.pushed('manifest', path.name);
    if (manifest.subject !== undefined) reply.header('oci-subject', manifest.subject.digest);
    if (furtherTags.length > 0) reply.header('oci-tag', furtherTags.join(', '));
    return reply
      .code(201)
      .headers({ location: `/v2/${path.name}/manifests/${digest}`, 'docker-content-digest': digest })
      .send();
  }

  /** By tag only the tag goes, by digest the artifact with all its tags (distribution-spec "Deleting tags"). */
  private async delete({ http, reply, path }: ManifestRequest, place: ManifestPlace, caller: Caller): Promise<unknown> {
    const { projectId, repositoryId, artifactId, digest } = place;
    if (repositoryId === null || artifactId === null) {
      throw Errors.manifestUnknown(undefined, { detail: { reference: path.reference } });
    }
    const repository = { projectId, repositoryId, name: path.name };
    const reference = parseReference(path.reference);
    const { consumers } = this.outbox;
    const context = { actor: caller.username, sourceIp: http.ip, consumers, origin: originOf(http) };
    await this.databases.push.transaction((tx) =>
      reference.kind === 'tag'
        ? deleteTag(tx, { repository, artifactId, digest, name: reference.tag }, context)
        : deleteArtifact(tx, repository, reference.digest, context),
    );
    this.outbox.nudge();
    return reply.code(202).send();
  }
}

/** Of a write that another platform repeats here; undefined for a client's own. */
const originOf = ({ headers }: FastifyRequest): PushOrigin | undefined => {
  const header = headers[ORIGIN_HEADER];
  return header === undefined ? undefined : (parseOrigin(String(header), new Date()) ?? undefined);
};

const tagsOf = (reference: Reference): string[] => (reference.kind === 'tag' ? [reference.tag] : []);

/** `?tag=` of a push by digest (distribution-spec, development version, "Pushing Manifests"). @throws AppError TAG_INVALID */
function readTags(tags: readonly string[]): string[] {
  if (tags.length > mostTagsAtOnce) throw Errors.tagInvalid(`more than ${mostTagsAtOnce} tags at once`);
  const invalid = tags.find((tag) => !isTag(tag));
  if (invalid !== undefined) throw Errors.tagInvalid(`${JSON.stringify(invalid)} is no tag`);
  return [...new Set(tags)];
}
