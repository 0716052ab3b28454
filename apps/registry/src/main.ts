import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { readSettings, tracingSettings } from '@haven/config';
import { stopOnSignals } from '@haven/http';
import { createLogger, startTracing } from '@haven/observability';
import { readRegistryConfig } from './registry.config.js';
import { createRegistryApp } from './registry-app.js';

/** V8 would let the heap grow to about four times of what is alive before it looks through all of it: twice takes 40 MB less. */
setFlagsFromString('--heap-growing-percent=100');

let log = createLogger('registry', 'info');
try {
  const config = readRegistryConfig();
  await startTracing('registry', readSettings(tracingSettings));
  log = createLogger('registry', config.logLevel);
  const app = await createRegistryApp(config, log);
  await app.listen();
  stopOnSignals(() => app.close(), log);
} catch (error) {
  log.fatal({ err: error }, 'the registry did not start');
  // Connections that are open already would keep the process alive.
  process.exit(1);
}
