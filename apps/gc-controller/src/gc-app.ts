import { createServiceApp, type ServiceApp } from '@haven/http';
import { Database, sql } from '@haven/models';
import type { Logger } from '@haven/observability';
import { AppModule } from './app.module.js';
import type { GcConfig } from './gc.config.js';

/** Builds gc-controller. It begins to collect with the app. */
export const createGcApp = (config: GcConfig, log: Logger): Promise<ServiceApp> =>
  createServiceApp(AppModule.with(config, log), log, (nest) => [
    { name: 'database', check: () => nest.get(Database).one(sql('SELECT 1')) },
  ]);
