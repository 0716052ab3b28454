import { Inject, Injectable } from '@nestjs/common';
import { AppError, Errors, type ErrorCode } from '@haven/errors';
import { assertQuotaLeft, settleQuota, type RepositoryRef, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';
import type { BlobStore } from '@haven/storage';
import { BlobRepository } from '../blob/blob.repository.js';
import { UnnamedBytes } from '../blob/unnamed-bytes.service.js';
import { Databases } from '../database/databases.js';
import { BLOB_STORE } from '../storage/storage.providers.js';
import { UploadSessionRepository } from './upload-session.repository.js';
import { UploadWriterService, type HeldUpload } from './upload-writer.service.js';

/** Where an upload goes, and whether there may be too little room for it. */
export interface UploadTarget extends RepositoryRef {
  isLimited: boolean;
}

/** Turns uploads into blobs. */
@Injectable()
export class UploadCommitService {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(UploadSessionRepository) private readonly sessions: UploadSessionRepository,
    @Inject(UploadWriterService) private readonly writer: UploadWriterService,
    @Inject(BlobRepository) private readonly blobs: BlobRepository,
    @Inject(UnnamedBytes) private readonly unnamed: UnnamedBytes,
  ) {}

  /**
   * Ends an upload by making all of it a blob that the repository may use. Does not depend on the client still being there.
   * An upload that cannot become the blob, because its digest is another or the quota is used up, ends as well.
   * @param actual digest of everything that the upload holds
   * @throws AppError DIGEST_INVALID, DENIED (quota)
   */
  async commit(
    held: HeldUpload,
    repository: UploadTarget,
    digests: { wanted: Digest; actual: Digest },
    actor: string,
  ): Promise<void> {
    try {
      if (digests.actual !== digests.wanted)
        throw Errors.digestInvalid(undefined, { detail: { digest: digests.wanted } });
      await this.databases.push.transaction((tx) => this.commitIn(tx, held, repository, digests.wanted, actor));
      held.isEnded = true;
    } catch (error) {
      // A quota that ran out at the very end has let the bytes into their place.
      if (isRefusal(error, 'DENIED'))
        await this.databases.push.transaction((tx) => this.unnamed.remove(tx, digests.wanted));
      if (isRefusal(error, 'DIGEST_INVALID', 'DENIED')) await this.writer.giveUp(held);
      throw error;
    }
    if (held.epoch > 0) await this.writer.removeOlderFiles(held);
  }

  /** May run more than once: a deadlock runs the transaction again, and the file may be in its place already. */
  private async commitIn(
    tx: Sql,
    held: HeldUpload,
    repository: UploadTarget,
    digest: Digest,
    actor: string,
  ): Promise<void> {
    const { projectId } = repository;
    const { id, epoch, offsetBytes: sizeBytes } = held;
    const arrival = { step: 'uploaded', reason: 'blob uploaded', actor } as const;
    const [isOurs, , addedBytes] = await Promise.all([
      this.sessions.end(tx, held),
      this.blobs.lock(tx, digest, sizeBytes),
      this.blobs.join(tx, repository, { digest, sizeBytes }, arrival),
    ]);
    if (!isOurs) throw Errors.blobUploadUnknown();
    // Asked before the rename, so that a refusal leaves no file behind; what another push books meanwhile is caught below.
    if (addedBytes > 0 && repository.isLimited) await assertQuotaLeft(tx, projectId, addedBytes);
    await this.store.commitUpload(id, epoch, digest, sizeBytes, held.isSealed);
    await settleQuota(tx, projectId, addedBytes);
  }
}

const isRefusal = (error: unknown, ...codes: ErrorCode[]): boolean =>
  error instanceof AppError && codes.includes(error.code);
