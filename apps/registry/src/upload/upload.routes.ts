import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { assertQuotaLeft } from '@haven/models';
import { digestParts, parseDigest, type Digest, type DigestAlgorithm } from '@haven/oci';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller.js';
import { Databases } from '../database/databases.js';
import { Traffic } from '../traffic.js';
import type { TransferFacts } from '../transfer/transfer.log.js';
import { repositoryAt, type PlaceKey } from '../v2/place.js';
import { repositoryRoute } from '../v2/route.js';
import { hasBody, type V2Request, type V2RequestOf } from '../v2/v2-request.js';
import { MountService } from './mount.service.js';
import { UploadCommitService, type UploadTarget } from './upload-commit.service.js';
import { acknowledgedRange, readChunkHead, type ChunkHead } from './upload-range.js';
import { UploadSessionRepository, type UploadPlace, type UploadsPlace } from './upload-session.repository.js';
import { UploadWriterService, type HeldUpload } from './upload-writer.service.js';

type UploadRequest = V2RequestOf<'upload'>;
type StartRequest = V2RequestOf<'uploads'>;

/** Who sends to which repository. */
type Sender = Pick<TransferFacts, 'repository' | 'projectId' | 'username'>;

const uploadId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Upload sessions (distribution-spec "Pushing blobs"). */
@Injectable()
export class UploadRoutes {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(UploadSessionRepository) private readonly sessions: UploadSessionRepository,
    @Inject(UploadWriterService) private readonly writer: UploadWriterService,
    @Inject(UploadCommitService) private readonly commits: UploadCommitService,
    @Inject(MountService) private readonly mounts: MountService,
    @Inject(Traffic) private readonly traffic: Traffic,
  ) {}

  private readonly lookup = async ({ path }: UploadRequest, key: PlaceKey): Promise<UploadPlace | null> => {
    if (!uploadId.test(path.id)) throw Errors.blobUploadUnknown();
    return this.sessions.find(key, path.id);
  };

  readonly routes = [
    repositoryRoute({
      id: 'upload.start',
      kind: 'uploads',
      methods: ['POST'],
      access: 'push',
      alsoPulls: ({ query }) => (query.has('mount') ? query.get('from') : null),
      lookup: (_request, key) => this.sessions.findPlace(key),
      handle: (request, place, caller) => this.start(request, place, caller),
    }),
    repositoryRoute({
      id: 'upload.status',
      kind: 'upload',
      methods: ['GET', 'HEAD'],
      access: 'pull',
      lookup: this.lookup,
      handle: (request, place) => this.status(request, place),
    }),
    repositoryRoute({
      id: 'upload.append',
      kind: 'upload',
      methods: ['PATCH'],
      access: 'push',
      lookup: this.lookup,
      handle: (request, place, caller) => this.append(request, place, caller),
    }),
    repositoryRoute({
      id: 'upload.finish',
      kind: 'upload',
      methods: ['PUT'],
      access: 'push',
      lookup: this.lookup,
      handle: (request, place, caller) => this.finish(request, place, caller),
    }),
    // Whoever may push may also stop: Harbor asks for `delete` here, which developers do not have.
    repositoryRoute({
      id: 'upload.cancel',
      kind: 'upload',
      methods: ['DELETE'],
      access: 'push',
      lookup: this.lookup,
      handle: (request, place) => this.cancel(request, place),
    }),
  ];

  private async start(request: StartRequest, place: UploadsPlace, caller: Caller): Promise<unknown> {
    const { path, query, reply } = request;
    const mount = query.get('mount');
    if (
      mount !== null &&
      (await this.mounts.mount(place, path.name, { digest: mount, from: query.get('from') }, caller))
    ) {
      return sendCreated(reply, path.name, parseDigest(mount));
    }
    const digest = query.get('digest');
    const wanted = digest === null ? null : parseDigest(digest);
    if (place.isLimited) await assertQuotaLeft(this.databases.push, place.projectId);
    const id = randomUUID();
    const repository = await this.open(id, place, path.name, caller);
    if (wanted === null)
      return reply
        .code(202)
        .headers(sessionHeaders(path.name, id, 0))
        .send();
    try {
      await this.writer.hold(id, wanted, (held) => this.complete(request, held, repository, wanted, caller));
    } catch (error) {
      // The client does not know the session, so it cannot go on with it.
      await this.writer.cancel(id).catch(() => undefined);
      throw error;
    }
    return sendCreated(reply, path.name, wanted);
  }

  /** Opens a session in the repository of a place, which is made if need be. */
  private async open(id: string, place: UploadsPlace, name: string, { username }: Caller): Promise<UploadTarget> {
    const { push } = this.databases;
    const { projectId, repositoryId, isLimited } = place;
    if (repositoryId === null) {
      return push.transaction(async (tx) => {
        const made = await repositoryAt(tx, place, name);
        await this.sessions.insert(tx, id, made, username);
        return { ...made, isLimited };
      });
    }
    // One statement is a transaction by itself, and spares two round trips with each blob.
    const target = { projectId, repositoryId, name, isLimited };
    await this.sessions.insert(push, id, target, username);
    return target;
  }

  private async status({ path, reply }: UploadRequest, place: UploadPlace): Promise<unknown> {
    if (place.offsetBytes === null) throw Errors.blobUploadUnknown();
    return reply
      .code(204)
      .headers(sessionHeaders(path.name, path.id, place.offsetBytes))
      .send();
  }

  private async append(request: UploadRequest, place: UploadPlace, caller: Caller): Promise<unknown> {
    const { http, path, reply } = request;
    if (place.offsetBytes === null) throw Errors.blobUploadUnknown();
    const head = readChunkHead(http.headers);
    const offsetBytes = await this.writer.hold(path.id, null, async (held) => {
      assertContinues(path.name, held, head);
      const sender = { repository: path.name, projectId: place.projectId, username: caller.username };
      await this.receive(request, held, sender, head);
      return held.offsetBytes;
    });
    return reply
      .code(202)
      .headers(sessionHeaders(path.name, path.id, offsetBytes))
      .send();
  }

  private async finish(request: UploadRequest, place: UploadPlace, caller: Caller): Promise<unknown> {
    const { path, query, reply } = request;
    const wanted = parseDigest(query.get('digest') ?? '');
    const { offsetBytes, repositoryId, projectId, isLimited } = place;
    if (offsetBytes === null || repositoryId === null) throw Errors.blobUploadUnknown();
    const repository = { projectId, repositoryId, name: path.name, isLimited };
    await this.writer.hold(path.id, wanted, (held) => this.complete(request, held, repository, wanted, caller));
    return sendCreated(reply, path.name, wanted);
  }

  private async cancel({ path, reply }: UploadRequest, place: UploadPlace): Promise<unknown> {
    if (place.offsetBytes === null) throw Errors.blobUploadUnknown();
    await this.writer.cancel(path.id);
    return reply.code(204).send();
  }

  /** Takes the last bytes, if any come, and makes all of it a blob. */
  private async complete(
    request: V2Request,
    held: HeldUpload,
    repository: UploadTarget,
    wanted: Digest,
    caller: Caller,
  ): Promise<void> {
    const { http } = request;
    const head = readChunkHead(http.headers);
    assertContinues(repository.name, held, head);
    const { algorithm } = digestParts(wanted);
    const sender = { repository: repository.name, projectId: repository.projectId, username: caller.username };
    // Without any bytes there is no file yet, and an empty blob needs one too.
    const isToWrite = hasBody(http) || held.offsetBytes === 0;
    const actual = isToWrite
      ? await this.receive(request, held, sender, head, algorithm)
      : await this.writer.digestOf(held, algorithm);
    await this.commits.commit(held, repository, { wanted, actual }, caller.username);
    this.traffic.pushed('blob', repository.name);
  }

  /** Appends the body of a request; what has arrived of it is counted, also when the rest never comes. */
  private async receive(
    { http }: V2Request,
    held: HeldUpload,
    sender: Sender,
    head: ChunkHead,
    last?: DigestAlgorithm,
  ): Promise<Digest> {
    const before = held.offsetBytes;
    try {
      const transfer = { ...sender, address: http.ip };
      return await this.writer.append(held, { source: http.raw, expectedBytes: head.lengthBytes, transfer }, last);
    } finally {
      this.traffic.stored('blob', sender.repository, held.offsetBytes - before);
    }
  }
}

/** What every answer about a session says. Locations are relative, so that they hold behind any proxy. */
const sessionHeaders = (name: string, id: string, offsetBytes: number) => ({
  location: `/v2/${name}/blobs/uploads/${id}`,
  'docker-upload-uuid': id,
  range: acknowledgedRange(offsetBytes),
});

/** @throws AppError RANGE_INVALID that says where to go on */
function assertContinues(name: string, { id, offsetBytes }: HeldUpload, { startBytes }: ChunkHead): void {
  if (startBytes === null || startBytes === offsetBytes) return;
  throw Errors.rangeInvalid(undefined, { headers: sessionHeaders(name, id, offsetBytes) });
}

const sendCreated = (reply: FastifyReply, name: string, digest: Digest): FastifyReply =>
  reply
    .code(201)
    .headers({ location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
    .send();
