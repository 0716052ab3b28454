import type { IncomingMessage } from 'node:http';
import { Metrics, stopTracing, tellDurations, type HealthCheck } from '@haven/observability';
import { renderHarbor } from '@haven/errors';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AccessGuard } from './access.guard.js';
import { AccessService } from './access.service.js';
import { createClientErrorHandler } from './client-error.js';
import { createNest } from './create-nest.js';
import { createErrorResponder, type ErrorLog, type ErrorResponder } from './error-responder.js';
import { HarborErrorFilter } from './harbor-error.filter.js';
import { installHealthRoutes } from './health.js';
import { installMetricsRoute, RequestMeter } from './metrics.js';
import { installBodyParsers } from './request-body.js';
import { requestIdFrom, REQUEST_ID_HEADER } from './request-id.js';
import { installRequestSpans } from './request-spans.js';
import { installRequestStart } from './request-start.js';
import { RouteTable, type RouteDescription } from './route-table.js';
import { drain, stopOnSignals } from './shutdown.js';

const MAX_BODY_BYTES = 1024 * 1024;
/** Names in paths are up to 255 characters, each of which may come escaped twice. */
const MAX_PARAM_LENGTH = 4096;
/** How long a client may take to send a request. */
const REQUEST_TIMEOUT_MS = 60_000;
const DEFAULT_GRACE_MS = 15_000;

export interface HttpAppOptions {
  log: ErrorLog;
  /** Adds Fastify hooks and plugins, such as authentication, when providers exist and routes do not yet. */
  configure?: (app: INestApplicationContext, fastify: FastifyInstance) => void | Promise<void>;
  /** What `/readyz` asks, made when providers exist. */
  readiness?: (app: INestApplicationContext) => readonly HealthCheck[];
  /** Told beside `haven_http_request_duration_seconds` of what was counted. */
  tellRequests?: (metrics: Metrics, meter: RequestMeter) => void;
  /** Told when the stop begins: whatever would answer for ever ends now. */
  onStop?: (app: INestApplicationContext) => void;
  /** How long running requests may take after a signal to stop. */
  graceMs?: number;
}

export interface HttpApp {
  nest: NestFastifyApplication;
  fastify: FastifyInstance;
  /** Every route, with the access it was declared with. */
  routes: readonly RouteDescription[];
  /** Listens, and stops in order on SIGTERM and SIGINT. */
  listen(address: { host: string; port: number }): Promise<void>;
  /** Stops listening, lets running requests end, then runs the shutdown hooks of all modules. */
  close(): Promise<void>;
}

const createAdapter = (respond: ErrorResponder): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    // nginx stands on the same host or in the same private network; nobody else is believed.
    trustProxy: ['loopback', 'uniquelocal'],
    // HEAD exists where it is declared, as in Harbor.
    exposeHeadRoutes: false,
    genReqId: (request: IncomingMessage) => requestIdFrom(request.headers[REQUEST_ID_HEADER]),
    frameworkErrors: respond,
    clientErrorHandler: createClientErrorHandler(renderHarbor),
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });

/**
 * Builds a Nest application on Fastify the way every API application of Haven is built: default deny, Harbor's errors,
 * limits, health routes, metrics. The module provides {@link AccessService} and {@link Metrics}, and `PROJECT_DIRECTORY`
 * where operations are declared `inProject`.
 * @throws when a route declares no operation, or one that could not be enforced
 */
export async function createHttpApp(module: Type, options: HttpAppOptions): Promise<HttpApp> {
  const { log } = options;
  const respond = createErrorResponder(renderHarbor, log);
  const adapter = createAdapter(respond);
  const fastify = adapter.getInstance<FastifyInstance>();
  const table = new RouteTable(fastify);
  const meter = new RequestMeter(fastify);
  installRequestSpans(fastify);
  installRequestStart(fastify, table);
  installBodyParsers(fastify);

  const nest = await createNest(module, adapter, log);
  nest.useGlobalFilters(new HarborErrorFilter(respond));
  const access = nest.get(AccessService, { strict: false });
  nest.useGlobalGuards(new AccessGuard(access));
  await options.configure?.(nest, fastify);
  installHealthRoutes(fastify, options.readiness?.(nest) ?? [], log);
  const metrics = nest.get(Metrics, { strict: false });
  installMetricsRoute(fastify, metrics);
  tellDurations(metrics, meter.tallies);
  options.tellRequests?.(metrics, meter);
  await nest.init();
  const routes = table.audit();
  if (routes.some((route) => route.access.kind === 'inProject')) access.assertDirectory();

  const close = async (): Promise<void> => {
    options.onStop?.(nest);
    const inTime = await drain(nest.getHttpServer(), options.graceMs ?? DEFAULT_GRACE_MS);
    if (!inTime) log.warn({}, 'requests were cut off');
    await nest.close();
    await stopTracing();
  };
  return {
    nest,
    fastify,
    routes,
    close,
    listen: async ({ host, port }) => {
      await nest.listen(port, host);
      stopOnSignals(close, log);
      log.info({ host, port }, 'listening');
    },
  };
}
