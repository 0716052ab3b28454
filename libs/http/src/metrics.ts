import type { Metrics, RequestMetrics, RequestTally } from '@haven/observability';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openRoute, type Operation } from './operation.decorator.js';

/** Requests that no operation answers. */
const unknown = 'unknown';

/** Adds `/metrics`, for Prometheus: like the health routes for the private network only, nginx leads nobody here. */
export function installMetricsRoute(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.get('/metrics', openRoute('getMetrics'), async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

/** Has every request counted, by the operation that answered it. */
export class RequestMeter {
  /** Requests that are being answered. */
  inFlight = 0;
  private sinks: readonly RequestMetrics[] = [];
  private readonly known = new Map<Operation | undefined, Map<string, readonly RequestTally[]>>();

  /** @param fastify an instance without hooks: a request that one of them refuses counts as well */
  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRequest', (_request, _reply, done) => {
      this.inFlight += 1;
      done();
    });
    fastify.addHook('onResponse', (request, reply, done) => {
      this.inFlight -= 1;
      for (const tally of this.talliesOf(request)) tally.count(reply.statusCode, reply.elapsedTime / 1_000);
      done();
    });
  }

  /** Counts in these from now on. */
  countIn(sinks: readonly RequestMetrics[]): void {
    this.sinks = sinks;
  }

  private talliesOf(request: FastifyRequest): readonly RequestTally[] {
    const { operation } = request.routeOptions.config;
    let byMethod = this.known.get(operation);
    if (byMethod === undefined) this.known.set(operation, (byMethod = new Map<string, readonly RequestTally[]>()));
    let tallies = byMethod.get(request.method);
    if (tallies === undefined) {
      tallies = this.sinks.map((sink) => sink.of(request.method, operation?.id ?? unknown));
      byMethod.set(request.method, tallies);
    }
    return tallies;
  }
}
