import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import type { BlobStore } from '@haven/storage';
import { LOGGER, REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import { BLOB_STORE } from '../storage/storage.providers.js';
import { PurgeRepository, type Batch, type ExpiredSession } from './purge.repository.js';

const batchSize = 100;

/** How long things may lie untouched, in seconds. */
export interface PurgeAges {
  /** Uploads, and repositories that nothing else was ever pushed to. */
  uploadSeconds: number;
  /** Blobs that no manifest of their repository has named. */
  blobSeconds: number;
}

/** What a purge has removed. */
export interface PurgeCounts {
  sessions: number;
  /** Files of uploads that had no session. */
  files: number;
  memberships: number;
  /** Bytes that projects are no longer charged for. */
  releasedBytes: number;
  repositories: number;
}

/**
 * Removes what pushes leave that are never finished: sessions, their files, blobs' memberships with their charge, empty
 * repositories. The blobs themselves, which another repository may use by now, are left to the collector.
 */
@Injectable()
export class UploadPurge {
  private readonly leaseSeconds: number;
  /** As configured. */
  readonly ages: PurgeAges;

  constructor(
    @Inject(REGISTRY_CONFIG) { uploadLifetimeHours, uploadLeaseHours }: RegistryConfig,
    @Inject(PurgeRepository) private readonly rows: PurgeRepository,
    @Inject(BLOB_STORE) private readonly store: Pick<BlobStore, 'removeUpload' | 'removeStaleUploads'>,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.leaseSeconds = uploadLeaseHours * 3600;
    this.ages = { uploadSeconds: uploadLifetimeHours * 3600, blobSeconds: this.leaseSeconds };
  }

  /** Goes through everything once, batch by batch, until the signal fires. May be cut short and done again at any time. */
  async run(ages: PurgeAges, signal?: AbortSignal): Promise<PurgeCounts> {
    const { uploadSeconds, blobSeconds } = ages;
    const counts: PurgeCounts = { sessions: 0, files: 0, memberships: 0, releasedBytes: 0, repositories: 0 };
    await untilLast(signal, async () => {
      const expired = await this.rows.expireSessions(uploadSeconds, batchSize);
      counts.sessions += expired.length;
      for (const session of expired) await this.removeFiles(session);
      return expired.length;
    });
    if (signal?.aborted !== true) {
      counts.files = await this.store.removeStaleUploads(await this.rows.filesUntouchedSince(uploadSeconds));
    }
    await untilLast(signal, async () => {
      const batch = await this.rows.dropLapsed(this.leaseSeconds - blobSeconds, batchSize);
      counts.memberships += batch.removed;
      counts.releasedBytes += batch.releasedBytes;
      return batch.found;
    });
    await untilLast(signal, async () => {
      const batch: Batch = await this.rows.removeUnused(uploadSeconds, batchSize);
      counts.repositories += batch.removed;
      return batch.found;
    });
    return counts;
  }

  /** What is left of it has no session any more and goes with the stale files. */
  private async removeFiles({ id, epoch }: ExpiredSession): Promise<void> {
    await this.store.removeUpload(id, epoch).catch((error: unknown) => {
      this.log.warn({ err: error, upload: id }, 'files of an expired upload not removed, they go later');
    });
  }
}

/** Takes batches until one is not full. */
async function untilLast(signal: AbortSignal | undefined, takeBatch: () => Promise<number>): Promise<void> {
  while (signal?.aborted !== true && (await takeBatch()) === batchSize);
}
