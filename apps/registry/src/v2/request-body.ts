import type { IncomingMessage } from 'node:http';
import { Errors } from '@haven/errors';

/**
 * Reads a body that is small by its nature. Beyond the limit nothing is held, and the request is left open, so that the
 * client gets to see the answer.
 * @throws AppError REQUEST_ENTITY_TOO_LARGE
 */
export async function readSmallBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => Errors.tooLarge(`the body is larger than ${maxBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
