import type { Metrics } from '@haven/observability';
import type { Review, ReviewOutcome } from '@haven/models';

const outcomes: readonly ReviewOutcome[] = ['kept', 'postponed', 'quarantined', 'purged'];

/** What gc-controller tells of its work. How much is left for it to do, core tells for the whole platform. */
export class GcMetrics {
  private readonly reviews;
  private readonly freedBytes;
  private readonly freedManifests;

  constructor(metrics: Metrics) {
    this.reviews = metrics.counter(
      'haven_gc_reviews_total',
      `Blobs that were looked at, by outcome: ${outcomes.join(', ')}.`,
      ['outcome'],
    );
    for (const outcome of outcomes) this.reviews.inc({ outcome }, 0);
    this.freedBytes = metrics.counter('haven_gc_freed_bytes_total', 'Bytes of blobs and manifests that were removed.');
    this.freedManifests = metrics.counter('haven_gc_freed_manifests_total', 'Manifests that left the trash for good.');
  }

  reviewed({ outcome, sizeBytes }: Review): void {
    this.reviews.inc({ outcome });
    if (outcome === 'purged') this.freedBytes.inc(sizeBytes);
  }

  freed(manifests: number, bytes: number): void {
    this.freedManifests.inc(manifests);
    this.freedBytes.inc(bytes);
  }
}
