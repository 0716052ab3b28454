import { Inject, Injectable } from '@nestjs/common';
import { AppError, Errors } from '@haven/errors';
import { putArtifact, sqlState, type PutArtifactContext } from '@haven/models';
import type { BlobStore } from '@haven/storage';
import { Databases } from '../database/databases.js';
import { Outbox } from '../event/outbox.js';
import { BLOB_STORE } from '../storage/storage.providers.js';
import { repositoryAt, type Place } from '../v2/place.js';
import { ManifestRepository } from './manifest.repository.js';
import { newArtifact, readableConfigOf, type PushedManifest } from './new-artifact.js';

/** SQLSTATEs of text that the database cannot hold: NUL, broken surrogates, too long. */
const unstorable = ['22021', '22P02', '22P05', '22001'];

/** Who pushes, and from where. */
export type PushContext = Pick<PutArtifactContext, 'actor' | 'sourceIp' | 'requestId' | 'userAgent' | 'origin'>;

/** Takes manifests in. */
@Injectable()
export class ManifestPushService {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(ManifestRepository) private readonly manifests: ManifestRepository,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
    @Inject(Outbox) private readonly outbox: Pick<Outbox, 'consumers' | 'nudge'>,
  ) {}

  /**
   * Records a manifest in a repository, which is made if need be.
   * @throws AppError MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN, DENIED (quota)
   */
  async push(pushed: PushedManifest, place: Place, name: string, context: PushContext): Promise<void> {
    const { consumers } = this.outbox;
    const artifact = newArtifact(pushed, await this.childSizes(pushed, place), await this.attributesOf(pushed));
    try {
      await this.databases.push.transaction(async (tx) => {
        const repository = await repositoryAt(tx, place, name);
        await putArtifact(tx, artifact, { ...context, tags: pushed.tags, repository, consumers });
      });
    } catch (error) {
      if (!unstorable.includes(sqlState(error) ?? '')) throw error;
      throw Errors.manifestInvalid('manifest invalid: it holds text that cannot be stored', { cause: error });
    }
    this.manifests.remember(pushed.digest, pushed.payload);
    this.outbox.nudge();
  }

  private async childSizes(
    { manifest }: PushedManifest,
    { repositoryId }: Place,
  ): Promise<ReadonlyMap<string, number>> {
    const digests = manifest.manifests.map(({ digest }) => digest);
    return repositoryId === null || digests.length === 0 ? new Map() : this.manifests.sizesOf(repositoryId, digests);
  }

  /** Reads the config. One that is missing is left to the transaction to refuse. */
  private async attributesOf({ manifest }: PushedManifest): Promise<object> {
    const config = readableConfigOf(manifest);
    if (config === null) return {};
    try {
      // The blob may be longer than the manifest says: no more than that is read.
      const range = { start: 0, end: config.mostBytes - 1 };
      const stream = await this.blobs.readBlob(config.descriptor.digest, { range });
      const chunks: Buffer[] = [];
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
      return config.read(Buffer.concat(chunks));
    } catch (error) {
      if (error instanceof AppError && error.code === 'BLOB_UNKNOWN') return {};
      throw error;
    }
  }
}
