import type { FastifyReply } from 'fastify';

/**
 * Answers 201 with `Location`: the path of the request, a slash, and the new thing's id or name.
 * @param key not yet escaped
 */
export function sendCreated(reply: FastifyReply, key: number | string): void {
  const [path = ''] = reply.request.url.split('?', 1);
  reply.code(201).header('location', `${path.replace(/\/+$/, '')}/${encodeURIComponent(key)}`);
}
