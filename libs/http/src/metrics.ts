import { RequestTallies, type Metrics } from '@haven/observability';
import type { FastifyInstance } from 'fastify';
import { openRoute } from './operation.decorator.js';

/** Requests that no operation answers. */
const unknown = 'unknown';

/** Adds `/metrics`, for Prometheus: like the health routes for the private network only, nginx leads nobody here. */
export function installMetricsRoute(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.get('/metrics', openRoute('getMetrics'), async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

/** Counts every request, by the operation that answered it. */
export class RequestMeter {
  readonly tallies = new RequestTallies();
  /** Requests that are being answered. */
  inFlight = 0;

  /** @param fastify an instance without hooks: a request that one of them refuses counts as well */
  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRequest', (_request, _reply, done) => {
      this.inFlight += 1;
      done();
    });
    fastify.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
      this.inFlight -= 1;
      const operation = routeOptions.config.operation?.id ?? unknown;
      this.tallies.of(method, operation).count(reply.statusCode, reply.elapsedTime / 1_000);
      done();
    });
  }
}
