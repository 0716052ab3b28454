import 'reflect-metadata';
import { readSettings, settings } from '@haven/config';
import { createLogger } from '@haven/observability';
import { createLogCollectorApp } from './log-collector-app.js';

const log = createLogger('log-collector', readSettings({ level: settings.logLevel }).level);
try {
  const { app, config } = await createLogCollectorApp(log);
  await app.listen(config.listen);
} catch (error) {
  log.fatal({ err: error }, 'the log collector did not start');
  // Connections that are open already would keep the process alive.
  process.exit(1);
}
