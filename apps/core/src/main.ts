import 'reflect-metadata';
import { readSettings, settings, tracingSettings } from '@haven/config';
import { createLogger, startTracing } from '@haven/observability';
import { createCoreApp } from './core-app.js';

let log = createLogger('core', 'info');
try {
  await startTracing('core', readSettings(tracingSettings));
  log = createLogger('core', readSettings({ level: settings.logLevel }).level);
  const { app, config } = await createCoreApp(log);
  await app.listen(config.listen);
} catch (error) {
  log.fatal({ err: error }, 'core did not start');
  process.exitCode = 1;
  // Connections that are open already would keep the process alive.
  process.exit();
}
