import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { renderOci } from '@haven/errors';
import {
  createClientErrorHandler,
  createNest,
  drain,
  HarborErrorFilter,
  installHealthRoutes,
  installMetricsRoute,
  installRequestSpans,
  REQUEST_ID_HEADER,
  requestIdFrom,
} from '@haven/http';
import { sql } from '@haven/models';
import { Metrics, stopTracing, type HealthCheck, type Logger } from '@haven/observability';
import { ByteBudget, type BlobStore } from '@haven/storage';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { BasicExchange } from './access/basic.exchange.js';
import { TokenVerifier } from './access/token.verifier.js';
import { AppModule } from './app.module.js';
import { Databases } from './database/databases.js';
import type { RegistryConfig } from './registry.config.js';
import { installInternalRoutes } from './internal/internal.routes.js';
import { ManifestRepository } from './manifest/manifest.repository.js';
import { tellRegistry, type MeasuredParts } from './metrics.js';
import { QuotaAlarm } from './quota/quota-alarm.js';
import { StorageHealth } from './storage/storage-health.js';
import { BLOB_STORE } from './storage/storage.providers.js';
import { Traffic } from './traffic.js';
import { Gate } from './v2/gate.js';
import { ReadOnly } from './v2/read-only.js';
import { RouteMeters } from './v2/route-meter.js';
import { RouteTable } from './v2/route-table.js';
import { createOciResponder, V2Router } from './v2/v2.router.js';

/** An upload may take hours, but not stand still: the longest silence on a connection. */
const idleTimeoutMs = 300_000;
/** Tokens with many scopes are long; nginx lets as much through. */
const maxHeaderBytes = 65_536;
/** How long transfers may go on after the order to stop, and then how long their last state may take to be stored. */
const graceMs = 30_000;
const aftermathMs = 5_000;

export interface RegistryApp {
  nest: NestFastifyApplication;
  listen(): Promise<void>;
  /** Stops listening, lets transfers end or cuts them off, delivers what is still to be told, and closes the pools. */
  close(): Promise<void>;
}

/** Builds the registry, ready to listen. @throws when a route does not say who may use it */
export async function createRegistryApp(config: RegistryConfig, log: Logger): Promise<RegistryApp> {
  const respond = createOciResponder(log);
  const adapter = new FastifyAdapter({
    // nginx stands on the same host or in the same private network; nobody else is believed.
    trustProxy: ['loopback', 'uniquelocal'],
    exposeHeadRoutes: false,
    connectionTimeout: idleTimeoutMs,
    http: { maxHeaderSize: maxHeaderBytes },
    genReqId: (request: IncomingMessage) => requestIdFrom(request.headers[REQUEST_ID_HEADER]),
    frameworkErrors: respond,
    clientErrorHandler: createClientErrorHandler(renderOci),
  });
  const nest = await createNest(AppModule.with(config, log), adapter, log);
  const fastify = adapter.getInstance<FastifyInstance>();
  installRequestSpans(fastify);
  const requests = new RouteMeters();
  const router = new V2Router(nest.get(RouteTable), nest.get(Gate), nest.get(ReadOnly), nest.get(QuotaAlarm), requests);
  router.install(fastify, respond);
  installHealthRoutes(fastify, healthChecks(nest), log);
  const metrics = nest.get(Metrics);
  installMetricsRoute(fastify, metrics);
  tellRegistry(metrics, measuredParts(nest, requests));
  installInternalRoutes(fastify, config.internalSecret, nest.get<BlobStore>(BLOB_STORE));
  // What is not below /v2 is answered by Nest.
  nest.useGlobalFilters(new HarborErrorFilter(respond));
  await nest.init();

  return {
    nest,
    listen: async () => {
      await nest.listen(config.listen.port, config.listen.host);
      log.info({ ...config.listen }, 'listening');
    },
    close: async () => {
      const inTime = await drain(nest.getHttpServer(), graceMs);
      if (!inTime) log.warn('transfers were cut off');
      // Cut-off uploads still store how far they have come.
      await Promise.race([router.settled(), delay(aftermathMs, undefined, { ref: false })]);
      await nest.close();
      await stopTracing();
    },
  };
}

const measuredParts = (nest: NestFastifyApplication, requests: RouteMeters): MeasuredParts => ({
  requests,
  traffic: nest.get(Traffic),
  databases: nest.get(Databases),
  store: nest.get<BlobStore>(BLOB_STORE),
  uploadMemory: nest.get(ByteBudget),
  caches: { manifest: nest.get(ManifestRepository), token: nest.get(TokenVerifier), basic: nest.get(BasicExchange) },
});

const healthChecks = (nest: NestFastifyApplication): HealthCheck[] => [
  { name: 'database', check: () => nest.get(Databases).pull.one(sql('SELECT 1')) },
  { name: 'storage', check: () => nest.get(StorageHealth).check() },
];
