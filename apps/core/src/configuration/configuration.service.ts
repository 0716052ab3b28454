import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { runtimeKeys, type RuntimeKeyName, type RuntimeValue } from '@haven/config';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { Logger } from '@haven/observability';
import { LOGGER } from '../logger.module.js';

const refreshMs = 3_000;

/** Runtime settings (`properties`), read again every few seconds so that a change reaches every replica. */
@Injectable()
export class ConfigurationService implements OnModuleInit, OnApplicationShutdown {
  private stored: ReadonlyMap<string, string> = new Map();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => {
      // While the database is away the last known values hold.
      this.refresh().catch((error: unknown) => {
        this.log.warn({ err: error }, 'configuration not refreshed');
      });
    }, refreshMs);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The value of a key at this moment; a stored text that does not fit counts as absent. */
  value<K extends RuntimeKeyName>(key: K): RuntimeValue<K> {
    const definition = runtimeKeys[key];
    const stored = this.stored.get(key);
    return ((stored === undefined ? null : definition.parse(stored)) ?? definition.fallback) as RuntimeValue<K>;
  }

  /** Reads all of it from the database. */
  async refresh(): Promise<void> {
    const rows = await this.store.sql.rows<{ k: string; v: string }>(sql('SELECT k, v FROM properties'));
    this.stored = new Map(rows.map((row) => [row.k, row.v]));
  }
}
