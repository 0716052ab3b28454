import { Inject, Injectable } from '@nestjs/common';
import { Metrics, type Counter } from '@haven/observability';

/** What jobservice tells beside the figures of its jobs. What waits, core tells for the whole platform. */
@Injectable()
export class JobserviceMetrics {
  /** Policies are few: people make them. */
  readonly replicatedBytes: Counter<'policy'>;
  readonly replicatedArtifacts: Counter<'policy'>;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.replicatedBytes = metrics.counter('haven_replication_bytes_total', 'Bytes that replication has sent.', [
      'policy',
    ]);
    this.replicatedArtifacts = metrics.counter(
      'haven_replication_artifacts_total',
      'Artifacts that replication has brought to their target.',
      ['policy'],
    );
  }
}
