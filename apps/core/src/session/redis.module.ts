import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { Redis } from 'ioredis';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';

/** Injection token of core's connection to Redis. */
export const REDIS = Symbol('redis');

/** Attaches in the background and again after every loss; commands fail at once while it is away. */
function connect(config: CoreConfig, log: Logger): Redis {
  const redis = new Redis(config.redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(attempt * 200, 3_000),
  });
  let isAway = false;
  redis.on('error', (error) => {
    // Once for each loss, not once for each try to come back.
    if (!isAway) log.warn({ err: error }, 'redis is away');
    isAway = true;
  });
  redis.on('ready', () => {
    isAway = false;
  });
  return redis;
}

@Global()
@Module({
  providers: [{ provide: REDIS, useFactory: connect, inject: [CORE_CONFIG, LOGGER] }],
  exports: [REDIS],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis) {}

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
