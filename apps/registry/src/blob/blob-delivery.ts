import { Inject, Injectable } from '@nestjs/common';
import { AppError, Errors } from '@haven/errors';
import { digestParts, parseRange, type ByteRange, type Digest } from '@haven/oci';
import type { Logger } from '@haven/observability';
import type { BlobStore } from '@haven/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGGER, REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import { BLOB_STORE } from '../storage/storage.providers.js';
import { Traffic } from '../traffic.js';
import { TransferLog, type TransferFacts } from '../transfer/transfer.log.js';
import { entityTag, isNoneMatch, isRangeWanted } from '../v2/conditional.js';

/** A blob that the client may have. */
export interface Delivery {
  /** Where it is pulled from, by name. */
  repository: string;
  projectId: number;
  /** Who gets it; empty for anonymous. */
  username: string;
  digest: Digest;
  sizeBytes: number;
}

/** Where nginx finds the bytes, below its internal location. */
export function acceleratedPath(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `/_blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
}

/** Sends blobs: by nginx where that is set up, else from here, one range at most. */
@Injectable()
export class BlobDelivery {
  private readonly byNginx: boolean;

  constructor(
    @Inject(REGISTRY_CONFIG) { blobDelivery, storageDriver }: RegistryConfig,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
    @Inject(Traffic) private readonly traffic: Traffic,
    @Inject(TransferLog) private readonly transfers: TransferLog,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    // What lies in memory nginx cannot read.
    this.byNginx = blobDelivery === 'nginx' && storageDriver === 'filesystem';
  }

  async send(http: FastifyRequest, reply: FastifyReply, blob: Delivery): Promise<unknown> {
    const { digest, sizeBytes } = blob;
    reply.headers({ 'docker-content-digest': digest, etag: entityTag(digest), 'accept-ranges': 'bytes' });
    if (isNoneMatch(http.headers['if-none-match'], digest)) return reply.code(304).send();
    reply.header('content-type', 'application/octet-stream');
    if (http.method === 'HEAD') return reply.header('content-length', sizeBytes).send();
    // nginx holds If-Range against a tag of its own, so such requests are answered from here.
    const ifRange = http.headers['if-range'];
    if (this.byNginx && ifRange === undefined) {
      const range = parseRange(http.headers.range, sizeBytes);
      this.note(blob, range);
      if (range !== 'unsatisfiable') this.transfers.handOver(lengthOf(range, sizeBytes), () => factsOf(http, blob));
      // nginx says itself that it serves ranges, and would say it twice.
      return reply.removeHeader('accept-ranges').header('x-accel-redirect', acceleratedPath(digest)).send();
    }
    const wanted = typeof ifRange === 'string' ? isRangeWanted(ifRange, digest) : true;
    return this.stream(http, reply, blob, wanted ? parseRange(http.headers.range, sizeBytes) : null);
  }

  /** Counts what is about to be sent. */
  private note({ repository, sizeBytes }: Delivery, range: ByteRange | 'unsatisfiable' | null): void {
    if (range !== 'unsatisfiable') this.traffic.pulled('blob', repository, lengthOf(range, sizeBytes));
  }

  private async stream(
    http: FastifyRequest,
    reply: FastifyReply,
    blob: Delivery,
    range: ByteRange | 'unsatisfiable' | null,
  ): Promise<unknown> {
    const { digest, sizeBytes } = blob;
    if (range === 'unsatisfiable') {
      throw Errors.rangeInvalid(undefined, { headers: { 'Content-Range': `bytes */${sizeBytes}` } });
    }
    if (range !== null) {
      reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
    }
    const stream = await this.blobs.readBlob(digest, range === null ? {} : { range }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'BLOB_UNKNOWN') {
        this.log.error({ digest }, 'the bytes of a live blob are missing');
      }
      throw error;
    });
    this.note(blob, range);
    this.watch(factsOf(http, blob), reply, lengthOf(range, sizeBytes));
    return reply.header('content-length', lengthOf(range, sizeBytes)).send(stream);
  }

  /** Counts what goes out, until the client has it or is gone. */
  private watch(facts: TransferFacts, { raw }: FastifyReply, totalBytes: number): void {
    // Kept: an answer that is over has none any more.
    const { socket } = raw;
    const before = socket?.bytesWritten ?? 0;
    const bytes = (): number => Math.min((socket?.bytesWritten ?? 0) - before, totalBytes);
    this.transfers.begin(facts, { bytes, totalBytes });
    raw.once('close', () => {
      this.transfers.end(facts.id);
    });
  }
}

/** A request may be for several blobs, one after the other. */
const factsOf = (http: FastifyRequest, { repository, projectId, username, digest }: Delivery): TransferFacts => ({
  id: `${http.id} ${digest}`,
  kind: 'pull',
  ...{ repository, projectId, username, digest },
  address: http.ip,
});

const lengthOf = (range: ByteRange | null, sizeBytes: number): number =>
  range === null ? sizeBytes : range.end - range.start + 1;
