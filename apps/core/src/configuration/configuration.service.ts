import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SecretBox } from '@haven/auth';
import { runtimeKeys, type RuntimeKeyName, type RuntimeValue } from '@haven/config';
import { ModelStore } from '@haven/models/orm';
import type { Logger } from '@haven/observability';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { ConfigurationRepository } from './configuration.repository.js';
import { toStored } from './configuration-rules.js';

const refreshMs = 3_000;

/**
 * Runtime settings (`properties`), read again every few seconds, so that a change reaches every replica without Redis.
 * What the environment lays down (HAVEN_CONFIG_OVERWRITE_JSON) is written there at the start, and can then not be changed.
 */
@Injectable()
export class ConfigurationService implements OnModuleInit, OnApplicationShutdown {
  /** Whether the environment has laid settings down: then none can be changed. */
  readonly isPinned: boolean;
  private readonly box: SecretBox;
  private stored: ReadonlyMap<string, string> = new Map();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ConfigurationRepository) private readonly properties: ConfigurationRepository,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.box = new SecretBox(config.secretKey);
    this.isPinned = config.configOverwrite !== null;
  }

  async onModuleInit(): Promise<void> {
    const { configOverwrite } = this.config;
    if (configOverwrite !== null) await this.write(toStored(configOverwrite, 'HAVEN_CONFIG_OVERWRITE_JSON'));
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
    const { type, parse, fallback } = runtimeKeys[key];
    const stored = this.stored.get(key);
    const plain = stored === undefined || stored === '' || type !== 'secret' ? stored : this.box.decrypt(stored);
    return ((plain === undefined ? null : parse(plain)) ?? fallback) as RuntimeValue<K>;
  }

  /** Reads all of it from the database. */
  async refresh(): Promise<void> {
    this.stored = await this.properties.read(this.store.sql);
  }

  /** Encrypts what is secret. @param values as texts, by key */
  seal(values: ReadonlyMap<RuntimeKeyName, string>): Map<RuntimeKeyName, string> {
    return new Map(
      [...values].map(([key, value]) => [
        key,
        runtimeKeys[key].type === 'secret' && value !== '' ? this.box.encrypt(value) : value,
      ]),
    );
  }

  private async write(values: ReadonlyMap<RuntimeKeyName, string>): Promise<void> {
    await this.store.transaction((tx) => this.properties.write(tx, this.seal(values)));
  }
}
