import { randomUUID } from 'node:crypto';
import { Errors } from '@haven/errors';
import { assertQuotaLeft, settleQuota, type Database, type RepositoryRef, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';
import type { DistributionVolume, FilesystemBlobStore } from '@haven/storage';
import type { BlobRepository } from '../blob/blob.repository.js';
import type { LayoutRepository } from './layout.repository.js';

/** A blob that a repository is to get. */
export interface WantedBlob {
  digest: Digest;
  /** Under what digest its bytes stand on the volume: a stock registry keeps everything by its sha256. */
  source: Digest;
  /** As a manifest says; null when none names it. */
  statedBytes: number | null;
}

const arrival = { step: 'uploaded', reason: 'taken in from a volume', actor: 'system' } as const;

/** Takes blobs of a volume in as if they had been uploaded: into the blob store, and into the rows that let them be used. */
export class BlobIntake {
  /** @param options `isVerifying`: every blob that is new to us is hashed */
  constructor(
    private readonly db: Database,
    private readonly known: LayoutRepository,
    private readonly blobs: BlobRepository,
    private readonly store: FilesystemBlobStore,
    private readonly volume: DistributionVolume,
    private readonly options: { isVerifying: boolean },
  ) {}

  /**
   * May be repeated. @returns size of the blob in bytes
   * @throws AppError BLOB_UNKNOWN, DIGEST_INVALID when its bytes are not those that they should be, DENIED (quota)
   */
  async take(repository: RepositoryRef, wanted: WantedBlob): Promise<number> {
    const { digest, source } = wanted;
    const sizeBytes = await this.volume.blobSize(source);
    if (sizeBytes === null) throw Errors.blobUnknown(`blob ${source} is not on the volume`);
    if ((await this.isSuspect(wanted, sizeBytes)) && !(await this.volume.hasDigest(source, digest))) {
      throw Errors.digestInvalid(`blob ${source} on the volume is damaged: it is not ${digest}`);
    }
    const isInPlace = (await this.store.statBlob(digest))?.sizeBytes === sizeBytes;
    if (isInPlace) {
      await this.db.transaction((tx) => this.record(tx, repository, { digest, sizeBytes }, null));
      return sizeBytes;
    }
    const upload = randomUUID();
    try {
      await this.store.importUpload(upload, this.volume.blobPath(source));
      await this.db.transaction((tx) => this.record(tx, repository, { digest, sizeBytes }, upload));
    } finally {
      await this.store.removeUpload(upload, 0);
    }
    return sizeBytes;
  }

  /** Hashing all would mean to read all: without being asked to, only that is hashed whose size nobody confirms. */
  private async isSuspect({ digest, source, statedBytes }: WantedBlob, sizeBytes: number): Promise<boolean> {
    if (source !== digest || statedBytes !== sizeBytes) return true;
    return this.options.isVerifying && !(await this.known.hasBlob(digest));
  }

  /** In the order of an upload's commit. */
  private async record(
    tx: Sql,
    repository: RepositoryRef,
    blob: { digest: Digest; sizeBytes: number },
    upload: string | null,
  ): Promise<void> {
    await this.blobs.lock(tx, blob.digest, blob.sizeBytes);
    const addedBytes = await this.blobs.join(tx, repository, blob, arrival);
    if (addedBytes > 0) await assertQuotaLeft(tx, repository.projectId, addedBytes);
    if (upload !== null) await this.store.commitUpload(upload, 0, blob.digest, blob.sizeBytes);
    // It was there before the lock was; nobody takes it away while that is held.
    else if ((await this.store.statBlob(blob.digest)) === null)
      throw Errors.unavailable(`blob ${blob.digest} is being removed`);
    await settleQuota(tx, repository.projectId, addedBytes);
  }
}
