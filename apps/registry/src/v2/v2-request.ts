import { Errors } from '@haven/errors';
import { parseRepositoryName, parseV2Path, type V2Path } from '@haven/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type V2Kind = V2Path['kind'];

/** A request on /v2, as far as it can be read without asking anyone. Names are checked; tags and digests are not yet. */
export interface V2Request {
  http: FastifyRequest;
  reply: FastifyReply;
  path: V2Path;
  query: URLSearchParams;
}

/** A request whose path is about one kind of thing. */
export type V2RequestOf<K extends V2Kind> = V2Request & { path: Extract<V2Path, { kind: K }> };

const prefix = /^\/v2(?:\/|$)/;

/** Reads a request's path and query from the raw URL: the router has decoded what it hands on. */
export function readV2Request(http: FastifyRequest, reply: FastifyReply): V2Request {
  const url = http.raw.url ?? '';
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const path = prefix.test(rawPath) ? parseV2Path(rawPath.replace(prefix, '')) : null;
  if (path === null) throw Errors.notFound('there is nothing under this path');
  if ('name' in path) parseRepositoryName(path.name);
  return { http, reply, path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

/** Whether a request announces a body. */
export const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Sends JSON under exactly this media type: to text Fastify would add a charset, which JSON has none of. */
export const sendJson = (reply: FastifyReply, value: object, mediaType = 'application/json'): FastifyReply =>
  reply.header('content-type', mediaType).send(Buffer.from(JSON.stringify(value)));
