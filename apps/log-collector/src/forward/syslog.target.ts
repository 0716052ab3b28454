import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { assertWithinReach, type Reach } from '@haven/outbound';
import type { ForwardedLine, ForwardTarget } from './forward-target.js';

const timeoutMs = 10_000;
/** Syslog has no acknowledgement. A server that closes after the last byte has read it; one that stays is believed. */
const partingMs = 500;
/** Facility 1, user. */
const priorities: Readonly<Record<string, number>> = { fatal: 10, error: 11, warn: 12, info: 14, debug: 15, trace: 15 };

const word = (text: string | undefined, most: number): string =>
  (text ?? '').replace(/[^\x21-\x7e]/g, '_').slice(0, most) || '-';

/** One line as RFC 5424 has it, counted in octets. */
export function syslogFrame({ time, labels, message }: ForwardedLine): Buffer {
  const date = new Date(Math.floor(time / 1_000)).toISOString();
  const priority = priorities[labels['level'] ?? ''] ?? 14;
  const head = `<${priority}>1 ${date} ${word(labels['host'], 255)} ${word(labels['service'], 48)} - - -`;
  const bytes = Buffer.from(`${head} ${message}`);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

/** Sends to a syslog server over TCP, one connection for each batch. */
export class SyslogTarget implements ForwardTarget {
  readonly name = 'syslog';

  constructor(
    private readonly place: { host: string; port: number },
    private readonly reach: Reach,
  ) {}

  async send(lines: readonly ForwardedLine[], stop: AbortSignal): Promise<void> {
    const { host, port } = this.place;
    await assertWithinReach(host, this.reach);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
    const socket = connect({ host, port, signal });
    try {
      await once(socket, 'connect', { signal });
      socket.resume();
      const closed = once(socket, 'close', { signal });
      const sent = once(socket, 'finish', { signal });
      socket.end(Buffer.concat(lines.map(syslogFrame)));
      await sent;
      await Promise.race([closed, delay(partingMs)]);
    } finally {
      socket.destroy();
    }
  }
}
