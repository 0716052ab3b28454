import { runHealthChecks, type HealthCheck } from '@haven/observability';
import type { FastifyInstance } from 'fastify';
import type { ErrorLog } from './error-responder.js';
import { openRoute } from './operation.decorator.js';

/**
 * Adds `/healthz`, which says that the process is alive, and `/readyz`, which answers 503 while a dependency is out of
 * reach. Why it is out of reach stands in the log only.
 */
export function installHealthRoutes(fastify: FastifyInstance, checks: readonly HealthCheck[], log: ErrorLog): void {
  fastify.get('/healthz', openRoute('getHealthz'), () => ({ status: 'ok' }));
  fastify.get('/readyz', openRoute('getReadyz'), async (_request, reply) => {
    const results = await runHealthChecks(checks);
    const failed = results.filter(({ healthy }) => !healthy);
    if (failed.length > 0) log.warn({ failed }, 'not ready');
    return reply.code(failed.length === 0 ? 200 : 503).send({
      status: failed.length === 0 ? 'ready' : 'not ready',
      checks: results.map(({ name, healthy }) => ({ name, healthy })),
    });
  });
}
