import { isInternalAuthorization } from '@haven/auth';
import { Errors } from '@haven/errors';
import type { BlobStore } from '@haven/storage';
import type { FastifyInstance } from 'fastify';

/** Tells core how much room the blob store has. Stands outside /v2, where nobody from outside comes. */
export function installCapacityRoute(
  fastify: FastifyInstance,
  internalSecret: string,
  store: Pick<BlobStore, 'capacity'>,
): void {
  fastify.get('/internal/capacity', async (request) => {
    if (!isInternalAuthorization(request.headers.authorization, internalSecret)) throw Errors.unauthorized();
    return (await store.capacity()) ?? { totalBytes: 0, freeBytes: 0 };
  });
}
