import { setTimeout as delay } from 'node:timers/promises';
import {
  claimReviews,
  purgeAnyTrash,
  purgeDueTrash,
  recoverBlob,
  reviewBlob,
  settleReview,
  type ClaimedReview,
  type Database,
  type PurgedTrash,
  type Review,
  type Sql,
} from '@haven/models';
import type { CollectRules } from '../gc.config.js';
import type { GcMetrics } from '../metrics.js';
import type { RemovedFiles } from './removed-files.js';

const batchSize = 50;

/** What was freed. */
export interface Freed {
  blobs: number;
  manifests: number;
  bytes: number;
  /** Looked at and left. */
  kept: number;
}

/** Frees what nothing names. Any number of replicas may do so side by side, and each may be killed at any moment. */
export class Collector {
  private readonly windowSeconds: number;

  constructor(
    private readonly db: Database,
    private readonly files: RemovedFiles,
    private readonly rules: CollectRules,
    private readonly metrics?: GcMetrics,
  ) {
    this.windowSeconds = rules.timeWindowHours * 3600;
  }

  /**
   * Goes through all that is due, at the configured pace.
   * @param everything of the trash goes, however young
   * @param workers so many look at blobs side by side, each at that pace
   */
  async run(signal: AbortSignal, everything = false, workers = 1): Promise<Freed> {
    const freed: Freed = { blobs: 0, manifests: 0, bytes: 0, kept: 0 };
    while (await this.purgeTrash(freed, everything)) signal.throwIfAborted();
    const ended = await Promise.allSettled(Array.from({ length: workers }, () => this.reviewDue(freed, signal)));
    // None is left behind at work when another one fails.
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return freed;
  }

  private async reviewDue(freed: Freed, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const startedAt = Date.now();
      const claimed = await claimReviews(this.db, batchSize);
      if (claimed.length === 0) return;
      for (const review of claimed) {
        signal.throwIfAborted();
        const reviewed = await this.review(review);
        count(freed, reviewed);
        this.metrics?.reviewed(reviewed);
      }
      const pauseMs = (claimed.length * 1000) / this.rules.blobsPerSecond - (Date.now() - startedAt);
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
    }
  }

  /** @returns whether there may be more */
  private async purgeTrash(freed: Freed, everything: boolean): Promise<boolean> {
    const { artifacts, manifests } = await this.db.transaction(async (tx) => {
      const purged = await this.takeTrash(tx, everything);
      for (const { digest } of purged.manifests) await this.files.takeManifest(tx, digest);
      return purged;
    });
    const bytes = manifests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    freed.manifests += manifests.length;
    freed.bytes += bytes;
    this.metrics?.freed(manifests.length, bytes);
    return artifacts === batchSize;
  }

  private takeTrash(tx: Sql, everything: boolean): Promise<PurgedTrash> {
    const { windowSeconds } = this;
    if (everything) return purgeAnyTrash(tx, windowSeconds, batchSize);
    return purgeDueTrash(tx, { days: this.rules.trashDays, windowSeconds }, batchSize);
  }

  private async review(claimed: ClaimedReview): Promise<Review> {
    const rules = { keepsLeases: this.windowSeconds > 0 };
    try {
      const review = await this.db.transaction((tx) => reviewBlob(tx, claimed, rules, this.files));
      if (review.outcome === 'purged') {
        await this.files.unlink(claimed.digest);
        await settleReview(this.db, claimed);
      }
      return review;
    } catch (error) {
      // The lock may have been lost while the rename was under way, and the blob pushed again meanwhile.
      await this.db.transaction((tx) => recoverBlob(tx, claimed.digest, this.files));
      throw error;
    }
  }
}

function count(freed: Freed, { outcome, sizeBytes }: Review): void {
  if (outcome === 'kept' || outcome === 'postponed') freed.kept += 1;
  if (outcome !== 'purged') return;
  freed.blobs += 1;
  freed.bytes += sizeBytes;
}
