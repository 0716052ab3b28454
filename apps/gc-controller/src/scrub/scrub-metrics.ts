import type { Metrics } from '@haven/observability';
import type { ScrubKind } from '@haven/queue';
import { findingKinds, type FindingKind, type ScrubReport } from './scrub-report.js';

const kinds: readonly ScrubKind[] = ['orphans', 'integrity'];

/** What gc-controller tells of its scrubs. What is damaged at the moment, core tells for the whole platform. */
export class ScrubMetrics {
  private readonly findings;
  /** Scrubs that this process runs, by kind: the last one that began counts. */
  private readonly running = new Map<ScrubKind, ScrubReport>();

  constructor(metrics: Metrics) {
    this.findings = metrics.counter('haven_scrub_findings_total', 'What scrubs have found, by kind.', ['finding']);
    for (const finding of Object.keys(findingKinds)) this.findings.inc({ finding }, 0);
    metrics.gauges('haven_scrub_progress_ratio', 'How far scrubs have come that this process runs.', ['kind'], () =>
      kinds.map((kind) => [{ kind }, this.running.get(kind)?.progress ?? 0]),
    );
  }

  found(finding: FindingKind): void {
    this.findings.inc({ finding });
  }

  /** Tells how far a scrub has come. @returns what ends that */
  follow(kind: ScrubKind, report: ScrubReport): () => void {
    this.running.set(kind, report);
    return () => {
      if (this.running.get(kind) === report) this.running.delete(kind);
    };
  }
}
