import { Module } from '@nestjs/common';
import { ConfigurationModule } from './configuration/configuration.module.js';
import { CoreConfigModule } from './core.config.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { LoggerModule } from './logger.module.js';
import { PingModule } from './ping/ping.module.js';
import { RegistryEventModule } from './registry-event/registry-event.module.js';
import { SecurityModule } from './security/security.module.js';
import { RedisModule } from './session/redis.module.js';
import { SessionModule } from './session/session.module.js';
import { SystemInfoModule } from './system-info/system-info.module.js';
import { TokenModule } from './token/token.module.js';

/** What every feature stands on. */
const foundations = [CoreConfigModule, LoggerModule, DatabaseModule, RedisModule, ConfigurationModule, SecurityModule];

/** Every feature of core, one folder each, named by its API tag. */
@Module({
  imports: [
    ...foundations,
    HealthModule,
    PingModule,
    RegistryEventModule,
    SessionModule,
    SystemInfoModule,
    TokenModule,
  ],
})
export class AppModule {}
