import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { freePort } from '../../harness/own-platform.ts';

/** A receiver of syslog that is measured. */
export interface Subject {
  name: string;
  port: number;
  pid: number;
  /** Resolves with the number of lines of a run on disk, when no more come, and with the time of the last one. */
  stored(run: string): Promise<{ lines: number; at: number }>;
  stop(): Promise<void>;
}

export const internalSecret = 'internal-secret-of-the-benchmark';
const collectorMain = join(import.meta.dirname, '../../../apps/log-collector/dist/main.js');
const rsyslogd = '/usr/sbin/rsyslogd';

async function untilListening(port: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await delay(20);
  }
  throw new Error(`nothing listens on port ${port}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** The built collector. @param httpPort where it answers */
export async function startCollector(
  folder: string,
  env: Record<string, string> = {},
): Promise<Subject & { url: string }> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['--max-semi-space-size=4', collectorMain], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      MALLOC_ARENA_MAX: '2',
      HAVEN_LOG_LEVEL: 'warn',
      HAVEN_INTERNAL_SECRET: internalSecret,
      HAVEN_LOG_ROOT: folder,
      HAVEN_LOG_COLLECTOR_LISTEN: `127.0.0.1:${httpPort}`,
      HAVEN_LOG_SYSLOG_TCP_LISTEN: `127.0.0.1:${port}`,
      HAVEN_LOG_MIN_FREE_BYTES: '0',
      ...env,
    },
  });
  await untilListening(port);
  await untilListening(httpPort);
  return {
    name: 'log-collector',
    port,
    url: `http://127.0.0.1:${httpPort}`,
    pid: child.pid ?? 0,
    stored: (run) => settled(join(folder, 'lines', run), ''),
    stop: () => end(child),
  };
}

/** Null where rsyslog is not installed. */
export async function startRsyslog(folder: string): Promise<Subject | null> {
  if (!existsSync(rsyslogd)) return null;
  const port = await freePort();
  mkdirSync(join(folder, 'out'), { recursive: true });
  const settings = join(folder, 'rsyslog.conf');
  writeFileSync(
    settings,
    [
      `global(workDirectory="${folder}" maxMessageSize="1m")`,
      'module(load="imtcp")',
      `template(name="byApp" type="string" string="${folder}/out/%app-name%.log")`,
      `input(type="imtcp" address="127.0.0.1" port="${port}")`,
      '*.* action(type="omfile" dynaFile="byApp" template="RSYSLOG_SyslogProtocol23Format")',
      '',
    ].join('\n'),
  );
  const child = spawn(rsyslogd, ['-n', '-f', settings, '-i', join(folder, 'pid')], { stdio: 'ignore' });
  await untilListening(port);
  return {
    name: 'rsyslog',
    port,
    pid: child.pid ?? 0,
    stored: (run) => settled(join(folder, 'out'), `${run}.log`),
    stop: () => end(child),
  };
}

/** How long nothing changes before all is taken to be there. */
const quietMs = 1_500;

async function settled(folder: string, only: string): Promise<{ lines: number; at: number }> {
  let at = performance.now();
  for (let state = stateOf(folder); ;) {
    if (performance.now() - at >= quietMs) {
      const lines = countIn(folder, only);
      if (stateOf(folder) === state) return { lines, at };
    }
    await delay(20);
    const next = stateOf(folder);
    if (next === state) continue;
    [state, at] = [next, performance.now()];
  }
}

/** The most memory that a process had, in MB. */
export const peakMegabytes = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);

const skippableMagic = 0x184d2a50;

/** Frame by frame: Node's stream ends with the first. */
function decompressed(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length && bytes.readUInt32LE(at) !== skippableMagic;) {
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    frames.push(buffer);
    at += engine.bytesWritten;
  }
  return frames;
}

/** Lines in the files of a folder; of one that is put aside meanwhile, none. */
function countIn(folder: string, only = ''): number {
  if (!existsSync(folder)) return 0;
  let lines = 0;
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(only) || file.endsWith('.new')) continue;
    const path = join(folder, file);
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    for (const piece of file.endsWith('.zst') ? decompressed(bytes) : [bytes]) {
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
    }
  }
  return lines;
}

/** Changes whenever something is written to a folder. */
const stateOf = (folder: string): string =>
  existsSync(folder)
    ? readdirSync(folder)
        .map((file) => `${file} ${statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? ''}`)
        .join()
    : '';
