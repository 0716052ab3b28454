import { Metrics, stopTracing, type HealthCheck } from '@haven/observability';
import { renderHarbor } from '@haven/errors';
import type { INestApplicationContext, DynamicModule, Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { createNest } from './create-nest.js';
import { createErrorResponder, type ErrorLog } from './error-responder.js';
import { HarborErrorFilter } from './harbor-error.filter.js';
import { installHealthRoutes } from './health.js';
import { installMetricsRoute } from './metrics.js';
import { drain, stopOnSignals } from './shutdown.js';

const GRACE_MS = 5_000;

export interface ServiceApp {
  nest: NestFastifyApplication;
  fastify: FastifyInstance;
  /** Listens, and stops in order on SIGTERM and SIGINT. */
  listen(address: { host: string; port: number }): Promise<void>;
  /** Stops listening, then runs the shutdown hooks of all modules. */
  close(): Promise<void>;
}

/**
 * Builds a Nest application that works in the background and serves nobody but its operators: health routes and metrics.
 * The module provides {@link Metrics}.
 * @param readiness what `/readyz` asks, made when providers exist
 */
export async function createServiceApp(
  module: Type | DynamicModule,
  log: ErrorLog,
  readiness: (app: INestApplicationContext) => readonly HealthCheck[],
): Promise<ServiceApp> {
  const respond = createErrorResponder(renderHarbor, log);
  const adapter = new FastifyAdapter({ exposeHeadRoutes: false, frameworkErrors: respond });
  const nest = await createNest(module, adapter, log);
  nest.useGlobalFilters(new HarborErrorFilter(respond));
  const fastify = adapter.getInstance<FastifyInstance>();
  installHealthRoutes(fastify, readiness(nest), log);
  installMetricsRoute(fastify, nest.get(Metrics, { strict: false }));
  await nest.init();

  const close = async (): Promise<void> => {
    await drain(nest.getHttpServer(), GRACE_MS);
    await nest.close();
    await stopTracing();
  };
  return {
    nest,
    fastify,
    close,
    listen: async ({ host, port }) => {
      await nest.listen(port, host);
      stopOnSignals(close, log);
      log.info({ host, port }, 'listening');
    },
  };
}
