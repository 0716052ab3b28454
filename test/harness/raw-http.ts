import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { platform } from './platform.ts';

/** What came back on a connection of one's own. */
export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  status: number;
  header: (name: string) => string | undefined;
  body: string;
  /** All bytes that came, of every answer. */
  all: string;
}

/** A connection to the platform, for what no client library would send. */
export function openSocket(): Socket {
  const { protocol, hostname, port } = new URL(platform.url);
  if (protocol === 'http:') return connect(Number(port || 80), hostname);
  return connectTls({ host: hostname, port: Number(port || 443), rejectUnauthorized: false });
}

/** The lines of a request, `Connection: close` among them so that the end of the answer shows. */
export function requestText(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const all = { Host: new URL(platform.url).host, Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

/** Reads until the other side closes. Throws when it holds the connection longer than that. */
export function readToEnd(socket: Socket, timeoutMs = 15_000): Promise<RawAnswer> {
  let all = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection is held for over ${timeoutMs} ms: ${all.slice(0, 200)}`));
    }, timeoutMs);
    socket.setEncoding('latin1').on('data', (text: string) => {
      all += text;
    });
    // A server may hang up on somebody who still sends.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(parse(all));
    });
  });
}

/** Sends exactly this text and reads to the end. */
export async function exchange(text: string, timeoutMs?: number): Promise<RawAnswer> {
  const socket = openSocket();
  const answer = readToEnd(socket, timeoutMs);
  socket.write(text, 'latin1');
  return answer;
}

function parse(all: string): RawAnswer {
  const end = all.indexOf('\r\n\r\n');
  const [first = '', ...lines] = all.slice(0, Math.max(end, 0)).split('\r\n');
  const fields = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0),
    header: (name) => fields.get(name.toLowerCase()),
    body: all.slice(end + 4),
    all,
  };
}
