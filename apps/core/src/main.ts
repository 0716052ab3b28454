import 'reflect-metadata';
import { readSettings, settings } from '@haven/config';
import { createLogger } from '@haven/observability';
import { createCoreApp } from './core-app.js';

const log = createLogger('core', readSettings({ level: settings.logLevel }).level);
try {
  const { app, config } = await createCoreApp(log);
  await app.listen(config.listen);
} catch (error) {
  log.fatal({ err: error }, 'core did not start');
  process.exitCode = 1;
  // Connections that are open already would keep the process alive.
  process.exit();
}
