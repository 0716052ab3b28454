import 'reflect-metadata';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { internalAuthorization } from '@haven/auth/internal';
import type { HttpApp } from '@haven/http';
import { createLogger } from '@haven/observability';
import { setEnvironment } from '@haven/testing';
import { createLogCollectorApp } from '../src/log-collector-app.js';
import { SyslogServer } from '../src/syslog/syslog.server.js';

const internalSecret = 'internal-secret-of-the-tests';
const authorization = internalAuthorization(internalSecret);

export interface Line {
  id: string;
  time: string;
  labels: Record<string, string>;
  message: string;
  out_of_order?: boolean;
  claimed_time?: string;
  truncated?: boolean;
}
export interface Page {
  lines: Line[];
  next: string | null;
}

export const settingsFor = (root: string, env: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  HAVEN_LOG_LEVEL: 'fatal',
  HAVEN_INTERNAL_SECRET: internalSecret,
  HAVEN_LOG_ROOT: root,
  HAVEN_LOG_COLLECTOR_LISTEN: '127.0.0.1:0',
  HAVEN_LOG_SYSLOG_UDP_LISTEN: '127.0.0.1:0',
  HAVEN_LOG_SYSLOG_TCP_LISTEN: '127.0.0.1:0',
  HAVEN_LOG_MIN_FREE_BYTES: '0',
  HAVEN_LOG_FOLLOW_FOLDER: '',
  HAVEN_LOG_SYSLOG_TLS_LISTEN: '',
  HAVEN_LOG_FORWARD_LOKI_URL: '',
  HAVEN_LOG_FORWARD_ELASTICSEARCH_URL: '',
  HAVEN_LOG_FORWARD_SYSLOG: '',
  HAVEN_LOG_LINE_BYTES: '1048576',
  HAVEN_LOG_SEGMENT_BYTES: '67108864',
  HAVEN_OUTBOUND_REACH: 'loopback',
  ...env,
});

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'haven-logs-'));

/** Speaks to a collector by HTTP. */
export class CollectorClient {
  constructor(readonly url: string) {}

  /** @param init `type`: of the body */
  request(
    path: string,
    init: { method?: string; body?: string | Uint8Array<ArrayBuffer>; type?: string } = {},
  ): Promise<Response> {
    const { type = 'application/x-ndjson', ...rest } = init;
    return fetch(`${this.url}${path}`, { ...rest, headers: { authorization, 'content-type': type } });
  }

  async ingest(body: string | Uint8Array<ArrayBuffer>, query = ''): Promise<{ status: number; accepted: number }> {
    const response = await this.request(`/ingest${query}`, { method: 'POST', body });
    const { accepted = 0 } = (await response.json()) as { accepted?: number };
    return { status: response.status, accepted };
  }

  async query(query: string): Promise<Page> {
    const response = await this.request(`/query?${query}`);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Page;
  }

  async messages(query: string): Promise<string[]> {
    return (await this.query(query)).lines.map(({ message }) => message);
  }

  /** Asks until there are so many lines; fails after a while. */
  async atLeast(count: number, query: string): Promise<Line[]> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const { lines } = await this.query(query);
      if (lines.length >= count) return lines;
      if (Date.now() > deadline) throw new Error(`only ${lines.length} of ${count} lines: ${query}`);
      await delay(10);
    }
  }
}

/** The whole collector in this process, on a folder of its own. */
export class Collector extends CollectorClient {
  private constructor(
    private readonly app: HttpApp,
    url: string,
    readonly root: string,
  ) {
    super(url);
  }

  static async start(env: Readonly<Record<string, string>> = {}, root = newFolder()): Promise<Collector> {
    setEnvironment(settingsFor(root, env));
    const { app } = await createLogCollectorApp(createLogger('log-collector', 'fatal'));
    await app.nest.listen(0, '127.0.0.1');
    return new Collector(app, await app.nest.getUrl(), root);
  }

  get syslogPorts(): { udp: number | null; streams: number[] } {
    return this.app.nest.get(SyslogServer).ports;
  }

  /** A part of the application. */
  get<T>(type: { prototype: T }): T {
    return this.app.nest.get<T>(type as never);
  }

  /** @param keep the folder is used again */
  async stop(keep = false): Promise<void> {
    await this.app.close();
    if (!keep) rmSync(this.root, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** The built collector in a process of its own, which can be killed. */
export class CollectorProcess extends CollectorClient {
  private constructor(
    private readonly child: ChildProcess,
    url: string,
  ) {
    super(url);
  }

  static async start(root: string, env: Readonly<Record<string, string>> = {}): Promise<CollectorProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js')], {
      env: { ...settingsFor(root, env), HAVEN_LOG_COLLECTOR_LISTEN: `127.0.0.1:${port}` },
      stdio: 'inherit',
    });
    const collector = new CollectorProcess(child, `http://127.0.0.1:${port}`);
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
      const isReady = await collector.request('/readyz').then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isReady) return collector;
      await delay(20);
    }
    child.kill('SIGKILL');
    throw new Error('the collector did not start');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}
