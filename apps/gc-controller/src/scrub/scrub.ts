import type { JobLog } from '@haven/queue';
import type { Finding, ScrubReport } from './scrub-report.js';

/** One scrub under way. */
export interface Scrub {
  report: ScrubReport;
  signal: AbortSignal;
  log: JobLog;
  /** Keeps what was reported, as it is at this moment: after a kill it goes on from there. */
  checkpoint(): void;
  /** Reports something that was found, to all who want to know. */
  found(finding: Finding): void;
}
