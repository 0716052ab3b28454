import { isInternalAuthorization } from '@haven/auth';
import { Errors } from '@haven/errors';
import { parseDigest } from '@haven/oci';
import type { BlobStore } from '@haven/storage';
import type { FastifyInstance } from 'fastify';

interface BlobRequest {
  Params: { digest: string };
  /** From which byte on. */
  Querystring: { offset?: string };
}

/**
 * What only the registry can tell, for core and jobservice: room in the blob store, and the bytes of a blob, whoever delivers them to
 * clients. Stands outside /v2, where nobody from outside comes, and asks for the internal credential.
 */
export function installInternalRoutes(
  fastify: FastifyInstance,
  internalSecret: string,
  store: Pick<BlobStore, 'capacity' | 'readBlob'>,
): void {
  const assertInternal = (authorization: string | undefined): void => {
    if (!isInternalAuthorization(authorization, internalSecret)) throw Errors.unauthorized();
  };
  fastify.get('/internal/capacity', async ({ headers }) => {
    assertInternal(headers.authorization);
    return (await store.capacity()) ?? { totalBytes: 0, freeBytes: 0 };
  });
  fastify.get<BlobRequest>('/internal/blobs/:digest', async ({ headers, params, query }, reply) => {
    assertInternal(headers.authorization);
    const start = Number(query.offset ?? 0);
    if (!Number.isSafeInteger(start) || start < 0) throw Errors.rangeInvalid();
    const bytes = await store.readBlob(
      parseDigest(params.digest),
      start === 0 ? {} : { range: { start, end: Number.MAX_SAFE_INTEGER } },
    );
    return reply.type('application/octet-stream').send(bytes);
  });
}
