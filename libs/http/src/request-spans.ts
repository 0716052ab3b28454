import { activeTracing, type RequestSpan } from '@haven/observability';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** There while tracing is on. */
    span?: RequestSpan | undefined;
  }
}

/** What watches the services is of no interest itself. */
const unwatched = new Set(['/healthz', '/readyz', '/metrics']);

/** Makes a span of every request where tracing is on; else adds nothing. */
export function installRequestSpans(fastify: FastifyInstance): void {
  const tracing = activeTracing();
  if (tracing === null) return;
  fastify.decorateRequest('span');
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { id, method, headers, routeOptions } = request;
    if (unwatched.has(routeOptions.url ?? '')) {
      done();
      return;
    }
    request.span = tracing.startRequest({ id, method, traceparent: headers['traceparent'] });
    const operation = routeOptions.config.operation?.id;
    if (operation !== undefined) request.span.name = operation;
    request.span.run(done);
  });
  // A body that was read came by events of its connection, which belong to no request.
  fastify.addHook('preHandler', ({ span }, _reply, done) => {
    if (span === undefined) done();
    else span.run(done);
  });
  fastify.addHook('onResponse', ({ span }, reply, done) => {
    span?.end(reply.statusCode);
    done();
  });
}
