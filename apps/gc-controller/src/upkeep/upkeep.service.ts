import { Inject, Injectable } from '@nestjs/common';
import { Database, statement } from '@haven/models';
import type { Logger } from '@haven/observability';
import { scrubIds, startScrub, type ScrubKind } from '@haven/queue';
import { Ticker } from '@haven/queue/worker';
import { GC_CONFIG, LOGGER, type UpkeepRules } from '../gc.config.js';
import { settleDamage } from '../scrub/scrub.repository.js';
import { purgeLedger } from './ledger-purge.js';

const everyMs = 30_000;

/** A platform that is younger than that has nothing to scrub yet. One that failed is tried again the next day. */
const isScrubDue = statement(
  'scrub_due',
  `SELECT coalesce(
     (SELECT start_time <= now() - make_interval(days => CASE status WHEN 'Error' THEN 1 ELSE $2 END) FROM execution
       WHERE vendor_type = 'SCRUB' AND vendor_id = $1 AND trigger = 'SCHEDULE' ORDER BY id DESC LIMIT 1),
     (SELECT min(creation_time) FROM project) <= now() - make_interval(days => $2)) AS "isDue"`,
);

/** What comes round by itself beside collecting: scrubs, the end of damage that was mended, the age of the ledger. */
@Injectable()
export class UpkeepService {
  private readonly stopping = new AbortController();
  private readonly ticker: Ticker;

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(GC_CONFIG) private readonly rules: UpkeepRules,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    const { signal } = this.stopping;
    this.ticker = new Ticker(
      everyMs,
      () => this.run(signal),
      (error) => {
        if (!signal.aborted) log.warn({ err: error }, 'upkeep cut short, it goes on later');
      },
    );
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    this.stopping.abort();
    return this.ticker.stop();
  }

  /** Once, as the clock does it. Replicas all do so. */
  async run(signal: AbortSignal): Promise<void> {
    for (const { digest, sizeBytes } of await settleDamage(this.db)) {
      this.log.info({ digest, sizeBytes }, 'a damaged blob is whole again');
    }
    await this.startDue('orphans', this.rules.scrubOrphanDays);
    await this.startDue('integrity', this.rules.scrubIntegrityDays);
    const purged = await purgeLedger(this.db, this.rules.ledgerDays, signal);
    if (purged > 0) this.log.info({ rows: purged }, 'old lines of the ledger purged');
  }

  private async startDue(kind: ScrubKind, days: number): Promise<void> {
    if (days === 0) return;
    const { isDue } = await this.db.one<{ isDue: boolean | null }>(isScrubDue(scrubIds[kind], days));
    if (isDue === true) await startScrub(this.db, { kind, trigger: 'SCHEDULE' });
  }
}
