import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Load {
  port: number;
  seconds: number;
  /** Lines a second; as fast as they are taken when it is infinite. */
  rate: number;
  connections: number;
  /** Stands in every line, so that those of one run are told from others. */
  run: string;
}

export interface Sent {
  lines: number;
  seconds: number;
}

const batchLines = 500;

/** Bytes of some lines, each with a number of its own. */
function batch(run: string, from: number, count: number): Buffer {
  const time = new Date().toISOString();
  const lines = Array.from(
    { length: count },
    (_, index) =>
      `<14>1 ${time} bench-host ${run} 4711 - - {"requestId":"${run}-${from + index}","method":"GET","url":"/v2/library/app/manifests/v1","status":200,"bytesOut":1532}\n`,
  );
  return Buffer.from(lines.join(''));
}

/** Sends syslog lines over TCP at an even pace, and waits until the other side has read all of them. */
export async function sendSyslog({ port, seconds, rate, connections, run }: Load): Promise<Sent> {
  const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const startedAt = performance.now();
  let lines = 0;
  for (let turn = 0; ; turn += 1) {
    const elapsed = (performance.now() - startedAt) / 1_000;
    if (rate === Infinity ? elapsed >= seconds : lines >= rate * seconds) break;
    if (lines > elapsed * rate) {
      await delay(2);
      continue;
    }
    const socket = sockets[turn % connections];
    if (socket === undefined) break;
    const isFree = socket.write(batch(run, lines, batchLines));
    lines += batchLines;
    if (!isFree) await once(socket, 'drain');
  }
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.resume().end();
  await Promise.all(closed);
  return { lines, seconds: (performance.now() - startedAt) / 1_000 };
}
