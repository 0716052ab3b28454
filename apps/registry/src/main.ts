import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { readSettings, tracingSettings } from '@haven/config';
import { stopOnSignals } from '@haven/http';
import { createLogger, startTracing } from '@haven/observability';
import { readRegistryConfig } from './registry.config.js';
import { createRegistryApp } from './registry-app.js';

/**
 * Bodies come in as buffers outside of the heap, which count against its limit all the same. As small as the heap is, V8 sets
 * that so low that it would collect everything after each 20 MB of an upload, and spend more on that than on the bytes.
 */
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
