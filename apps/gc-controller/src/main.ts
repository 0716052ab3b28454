import 'reflect-metadata';
import { readSettings, tracingSettings } from '@haven/config';
import { createLogger, startTracing } from '@haven/observability';
import { createGcApp } from './gc-app.js';
import { readGcConfig } from './gc.config.js';

let log = createLogger('gc-controller', 'info');
try {
  const config = readGcConfig();
  await startTracing('gc-controller', readSettings(tracingSettings));
  log = createLogger('gc-controller', config.logLevel);
  const app = await createGcApp(config, log);
  await app.listen(config.listen);
} catch (error) {
  log.fatal({ err: error }, 'gc-controller did not start');
  // Connections that are open already would keep the process alive.
  process.exit(1);
}
