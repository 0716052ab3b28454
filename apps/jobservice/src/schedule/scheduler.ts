import { Inject, Injectable } from '@nestjs/common';
import { Database, sql } from '@haven/models';
import type { Logger } from '@haven/observability';
import { saveSchedule, type Schedule } from '@haven/queue';
import { runDueSchedules, Ticker } from '@haven/queue/worker';
import { LOGGER } from '../jobservice.config.js';

/** What the platform does by the clock for itself; when, an operator may change in the table. */
const ownSchedules: readonly Schedule[] = [
  { vendorType: 'EXECUTION_SWEEP', cronType: 'Daily', cron: '0 0 0 * * *', parameters: {} },
];

const everyMs = 1_000;

/** The clock: starts what is due. */
@Injectable()
export class Scheduler {
  private readonly ticker: Ticker;

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(LOGGER) log: Logger,
  ) {
    this.ticker = new Ticker(
      everyMs,
      () => db.transaction((tx) => runDueSchedules(tx, new Date())),
      (error) => {
        log.warn({ err: error }, 'schedules not looked at, will be tried again');
      },
    );
  }

  async start(): Promise<void> {
    const known = await this.db.rows<{ vendorType: string }>(
      sql('SELECT vendor_type AS "vendorType" FROM schedule WHERE vendor_id = 0'),
    );
    const missing = ownSchedules.filter((own) => !known.some(({ vendorType }) => vendorType === own.vendorType));
    for (const schedule of missing) await saveSchedule(this.db, schedule);
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }
}
