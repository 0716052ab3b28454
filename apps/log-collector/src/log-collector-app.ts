import type { Readable } from 'node:stream';
import { isInternalAuthorization, service } from '@haven/auth/internal';
import { createHttpApp, type HttpApp } from '@haven/http';
import type { Logger } from '@haven/observability';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module.js';
import { LOG_COLLECTOR_CONFIG, type LogCollectorConfig } from './log-collector.config.js';
import { LogStore } from './store/log-store.js';

/** Bodies are read by whom they are for, as they come. */
function passBodiesOn(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, body: Readable, done) => {
    done(null, body);
  });
}

/** Builds the log collector, ready to listen; configuration comes from the environment. */
export async function createLogCollectorApp(log: Logger): Promise<{ app: HttpApp; config: LogCollectorConfig }> {
  const app = await createHttpApp(AppModule, {
    log,
    configure: (nest, fastify) => {
      const { internalSecret } = nest.get<LogCollectorConfig>(LOG_COLLECTOR_CONFIG);
      passBodiesOn(fastify);
      fastify.addHook('onRequest', (request, _reply, done) => {
        if (isInternalAuthorization(request.headers.authorization, internalSecret)) request.principal = service;
        done();
      });
    },
    readiness: (nest) => [{ name: 'disk', check: () => assertWritable(nest.get(LogStore)) }],
    graceMs: 3_000,
  });
  return { app, config: app.nest.get<LogCollectorConfig>(LOG_COLLECTOR_CONFIG) };
}

function assertWritable(store: LogStore): Promise<void> {
  return store.isStuck ? Promise.reject(new Error('the disk takes no more lines')) : Promise.resolve();
}
