import { createServiceApp, type ServiceApp } from '@haven/http';
import { Database, sql } from '@haven/models';
import type { Logger } from '@haven/observability';
import { AppModule } from './app.module.js';
import type { JobserviceConfig } from './jobservice.config.js';

/** Builds jobservice. Its workers begin with it. @throws when a job has no handler, or two */
export const createJobserviceApp = (config: JobserviceConfig, log: Logger): Promise<ServiceApp> =>
  createServiceApp(AppModule.with(config, log), log, (nest) => [
    { name: 'database', check: () => nest.get(Database).one(sql('SELECT 1')) },
  ]);
