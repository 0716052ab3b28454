import { formatBytes } from '@haven/models';
import type { Logger } from '@haven/observability';
import type { JobContext, JobHandler, JobParameters } from '@haven/queue';
import type { IntegrityScrub } from './integrity-scrub.service.js';
import type { OrphanScrub } from './orphan-scrub.service.js';
import type { ScrubMetrics } from './scrub-metrics.js';
import { findingKinds, ScrubReport, type Finding } from './scrub-report.js';
import type { Scrub } from './scrub.js';

/** A scrub, started by the clock or by hand. It goes on in another process where this one ends. */
export class ScrubJob implements JobHandler<'SCRUB'> {
  readonly job = 'SCRUB';

  constructor(
    private readonly orphans: OrphanScrub,
    private readonly integrity: IntegrityScrub,
    private readonly metrics: ScrubMetrics,
    private readonly log: Logger,
  ) {}

  async run({ kind, isForced }: JobParameters<'SCRUB'>, context: JobContext): Promise<void> {
    const report = ScrubReport.from(context.attributes, isForced);
    const { log, signal } = context;
    const scrub: Scrub = {
      ...{ report, signal, log },
      checkpoint: () => {
        context.report(report.attributes());
      },
      found: (finding) => {
        this.tell(finding, scrub);
      },
    };
    log.info(report.cursor === '' ? `${kind} scrub begins` : `${kind} scrub goes on at ${report.cursor}`);
    const done = this.metrics.follow(kind, report);
    try {
      await (kind === 'orphans' ? this.orphans : this.integrity).run(scrub);
    } finally {
      done();
    }
    const { files, rows, bytes } = report.looked;
    log.info(`${files} files, ${rows} rows and ${formatBytes(bytes)} looked at, ${report.findings} findings`);
  }

  /** A loss is told to whoever watches the service, too. */
  private tell(finding: Finding, { report, log }: Scrub): void {
    const { kind, digest, size, action, repositories = [] } = finding;
    report.note(finding);
    this.metrics.found(kind);
    const names = repositories.length === 0 ? '' : `, named by ${repositories.join(', ')}`;
    const line = `${kind} ${digest} (${size} bytes): ${action}${names}`;
    if (findingKinds[kind] === 'leftover') {
      log.warn(line);
      return;
    }
    log.error(line);
    this.log.error({ finding: kind, digest, sizeBytes: size, action, repositories }, 'a stored blob is damaged');
  }
}
