import { Inject, Injectable } from '@nestjs/common';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { runHealthChecks, type HealthCheck, type HealthResult, type Logger } from '@haven/observability';
import type { Redis } from 'ioredis';
import { request } from 'undici';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { REDIS } from '../session/redis.module.js';

const keptMs = 2_000;

export interface OverallHealth {
  status: 'healthy' | 'unhealthy';
  components: { name: string; status: 'healthy' | 'unhealthy'; error?: string }[];
}

/** How the parts of the platform are, asked at most every two seconds however many ask us. */
@Injectable()
export class HealthService {
  private readonly checks: readonly HealthCheck[];
  private latest: { at: number; results: Promise<HealthResult[]> } | null = null;

  constructor(
    @Inject(CORE_CONFIG) config: CoreConfig,
    @Inject(ModelStore) store: ModelStore,
    @Inject(REDIS) redis: Redis,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.checks = [
      { name: 'core', check: () => Promise.resolve() },
      { name: 'database', check: () => store.sql.one(sql('SELECT 1')) },
      { name: 'jobservice', check: () => assertReady(config.jobserviceUrl) },
      { name: 'redis', check: () => redis.ping() },
      { name: 'registry', check: () => assertReady(config.registryUrl) },
    ];
  }

  /** Harbor's roll-up: healthy only if every part is. */
  async overall(): Promise<OverallHealth> {
    const results = await this.results();
    const components = results.map(({ name, healthy }) =>
      healthy
        ? { name, status: 'healthy' as const }
        : { name, status: 'unhealthy' as const, error: `failed to check health of ${name}` },
    );
    return { status: results.every(({ healthy }) => healthy) ? 'healthy' : 'unhealthy', components };
  }

  private results(): Promise<HealthResult[]> {
    if (this.latest === null || Date.now() - this.latest.at > keptMs) {
      this.latest = { at: Date.now(), results: this.ask() };
    }
    return this.latest.results;
  }

  private async ask(): Promise<HealthResult[]> {
    const results = await runHealthChecks(this.checks);
    const failed = results.filter(({ healthy }) => !healthy);
    if (failed.length > 0) this.log.warn({ failed }, 'parts of the platform are unhealthy');
    return results;
  }
}

async function assertReady(url: string): Promise<void> {
  const { statusCode, body } = await request(`${url}/readyz`, { headersTimeout: 2_500, bodyTimeout: 2_500 });
  await body.dump();
  if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
}
