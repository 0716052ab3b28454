import { Errors } from '@haven/errors';
import type { Socket } from 'node:net';
import type { RenderError } from './error-responder.js';

/**
 * Answers what is no HTTP request at all, such as a broken request line, headers beyond the limit or a request that
 * never ends; Node knows only the socket then. The connection is closed.
 */
export const createClientErrorHandler =
  (render: RenderError) =>
  (error: Error & { code?: string }, socket: Socket): void => {
    if (socket.writable && error.code !== 'ECONNRESET') {
      const { body } = render(Errors.badRequest('this is no HTTP request that can be read'));
      const text = `${JSON.stringify(body)}\n`;
      const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}`;
      socket.write(`${head}\r\nConnection: close\r\n\r\n${text}`);
    }
    socket.destroy();
  };
