import 'reflect-metadata';
import { readSettings, tracingSettings } from '@haven/config';
import { createLogger, startTracing } from '@haven/observability';
import { readJobserviceConfig } from './jobservice.config.js';
import { createJobserviceApp } from './jobservice-app.js';

let log = createLogger('jobservice', 'info');
try {
  const config = readJobserviceConfig();
  await startTracing('jobservice', readSettings(tracingSettings));
  log = createLogger('jobservice', config.logLevel);
  const app = await createJobserviceApp(config, log);
  await app.listen(config.listen);
} catch (error) {
  log.fatal({ err: error }, 'jobservice did not start');
  // Connections that are open already would keep the process alive.
  process.exit(1);
}
