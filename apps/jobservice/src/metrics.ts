import { Inject, Injectable } from '@nestjs/common';
import { Metrics, type Counter } from '@haven/observability';

/** What jobservice tells beside the figures of its jobs. What waits, core tells for the whole platform. */
@Injectable()
export class JobserviceMetrics {
  private readonly replicatedBytes: Counter<'policy'>;
  private readonly replicatedArtifacts: Counter<'policy'>;

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

  /** What a policy copies is counted here, from 0 on. Policies are few: people make them. */
  copying(policy: string): { sent: (bytes: number) => void; copied: () => void } {
    const bytes = this.replicatedBytes.labels({ policy });
    const artifacts = this.replicatedArtifacts.labels({ policy });
    bytes.inc(0);
    artifacts.inc(0);
    return {
      sent: (more) => {
        bytes.inc(more);
      },
      copied: () => {
        artifacts.inc();
      },
    };
  }
}
