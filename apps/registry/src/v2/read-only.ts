import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { statement } from '@haven/models';
import type { Logger } from '@haven/observability';
import { Periodic } from '../background/periodic.js';
import { Databases } from '../database/databases.js';
import { LOGGER } from '../registry.config.js';

const refreshMs = 3_000;
const readSwitch = statement(
  'read_only_switch',
  `SELECT EXISTS (SELECT 1 FROM properties WHERE k = 'read_only' AND v = 'true') AS "isOn"`,
);

/** Harbor's switch against changes, read again every few seconds. Requests that only read never ask for it. */
@Injectable()
export class ReadOnly {
  /** As last read; null before the first time. */
  private known: boolean | null = null;
  private readonly refreshing: Periodic;

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(LOGGER) log: Logger,
  ) {
    this.refreshing = new Periodic({
      everyMs: refreshMs,
      work: () => this.refresh(),
      // While the database is away the last known state holds.
      onError: (error) => {
        log.warn({ err: error }, 'read-only switch not read');
      },
    });
  }

  /** Reads the switch and keeps reading it. */
  async start(): Promise<void> {
    await this.refreshing.runNow();
    this.refreshing.start();
  }

  async stop(): Promise<void> {
    await this.refreshing.stop();
  }

  /** @throws AppError UNAVAILABLE when it was never read and cannot be now */
  async isOn(): Promise<boolean> {
    return this.known ?? (await this.refresh());
  }

  /** @throws AppError DENIED with Harbor's message, UNAVAILABLE */
  async assertOff(): Promise<void> {
    if (await this.isOn()) throw Errors.denied('The system is in read only mode. Any modification is prohibited.');
  }

  private async refresh(): Promise<boolean> {
    const { isOn } = await this.databases.pull.one<{ isOn: boolean }>(readSwitch());
    this.known = isOn;
    return isOn;
  }
}
