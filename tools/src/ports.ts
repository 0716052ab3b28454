import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import { bracketed } from './options.ts';
import { isRunning } from './supervisor.ts';
import { portHolder } from './process-table.ts';

const internalParts = [
  'postgres',
  'redis',
  'log-collector',
  'syslog',
  'core',
  'registry',
  'jobservice',
  'gc-controller',
] as const;

/** Ports of the parts that only the platform itself talks to, all on 127.0.0.1. */
export type InternalPorts = Readonly<Record<(typeof internalParts)[number], number>>;

// Below the range that Linux takes outgoing connections from, so that a stopped part finds its port again.
const range = { from: 20_000, to: 30_000 };

const portsFile = (data: DataFolder): string => join(data.run, 'ports.json');

/** The ports of an earlier start; undefined before the first one. */
export function readPorts(data: DataFolder): InternalPorts | undefined {
  const file = portsFile(data);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as InternalPorts) : undefined;
}

/** Keeps the port of each part where possible; picks a free one at the first start, or when a stopped part's is taken. */
export async function assignPorts(data: DataFolder): Promise<InternalPorts> {
  const saved = readPorts(data);
  const ports = new Map<string, number>();
  for (const part of internalParts) {
    const old = saved?.[part];
    // One process listens on both.
    const holder = part === 'syslog' ? 'log-collector' : part;
    const keeps = old !== undefined && (isRunning(data, holder) || (await tryListen(old, '127.0.0.1')) === 'free');
    ports.set(part, keeps ? old : await pickFree([...ports.values(), ...Object.values(saved ?? {})]));
  }
  const assigned = Object.fromEntries(ports) as InternalPorts;
  const text = JSON.stringify(assigned);
  if (JSON.stringify(saved) !== text) writeFileSync(portsFile(data), text);
  return assigned;
}

/** A free port on 127.0.0.1, outside `except`. */
export async function pickFree(except: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(range.from, range.to);
    if (!except.includes(port) && (await tryListen(port, '127.0.0.1')) === 'free') return port;
  }
  throw new Failure(`no free port between ${range.from} and ${range.to}`);
}

type ListenOutcome = 'free' | 'taken' | 'denied' | 'no such address';

/** Listens for a moment to see whether it could. */
export function tryListen(port: number, host: string): Promise<ListenOutcome> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else if (error.code === 'EACCES') resolve('denied');
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve('no such address');
      else reject(error);
    });
    server.listen({ port, host, ipv6Only: true, exclusive: true }, () => {
      server.close(() => {
        resolve('free');
      });
    });
  });
}

/** The addresses that this machine has: a host without IPv6 has no `::1`. Throws when none is left. */
export async function existingAddresses(addresses: readonly string[]): Promise<readonly string[]> {
  const outcomes = await Promise.all(addresses.map((address) => tryListen(0, address)));
  const existing = addresses.filter((_address, index) => outcomes[index] !== 'no such address');
  if (existing.length === 0) throw new Failure(`this machine has no address ${addresses.join(', ')}`);
  return existing;
}

/** Throws, and says who is in the way, unless all of these can be listened on. */
export async function mustBeFree(port: number, addresses: readonly string[], flag: string): Promise<void> {
  for (const address of addresses) {
    const outcome = await tryListen(port, address);
    if (outcome === 'denied') throw new Failure(`port ${port} is for root only: choose another one with ${flag}`);
    if (outcome !== 'taken') continue;
    const holder = portHolder(port);
    const who = holder === undefined ? 'another process' : `${holder.program} (pid ${holder.pid})`;
    throw new Failure(`${bracketed(address)}:${port} is taken by ${who}: stop it, or choose another port with ${flag}`);
  }
}
