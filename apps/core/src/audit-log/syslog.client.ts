import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a server may take for a batch; then it counts as away. */
const timeoutMs = 10_000;
/** Syslog has no acknowledgement. A server that closes after the last byte has read it; one that stays is believed. */
const partingMs = 1_000;

/**
 * Sends messages over one TCP connection of their own.
 * @param endpoint `host:port`, also with `tcp://` before it
 * @throws Error when the server is away, or too slow
 */
export async function sendToSyslog(endpoint: string, frames: readonly Buffer[]): Promise<void> {
  const { hostname, port } = new URL(`tcp://${endpoint.replace(/^tcp:\/\//, '')}`);
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), signal });
  try {
    await once(socket, 'connect', { signal });
    socket.resume();
    const closed = once(socket, 'close', { signal });
    const sent = once(socket, 'finish', { signal });
    socket.end(Buffer.concat(frames));
    await sent;
    await Promise.race([closed, delay(partingMs)]);
  } finally {
    socket.destroy();
  }
}
