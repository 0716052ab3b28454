import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { run } from './command.ts';

/** How to ask a part whether it is well. Plain data: it is kept on disk beside the part's pid. */
export type Probe =
  | { kind: 'http'; host: string; port: number; path: string; expect: number }
  | { kind: 'redis'; port: number; passwordFile: string }
  | { kind: 'postgres'; port: number; isready: string };

const timeoutMs = 3000;

/** True when the part answers as it should. Never throws. */
export async function isHealthy(probe: Probe): Promise<boolean> {
  switch (probe.kind) {
    case 'http':
      return probeHttp(probe);
    case 'redis':
      return probeRedis(probe.port, probe.passwordFile);
    case 'postgres': {
      const args = ['-q', '-h', '127.0.0.1', '-p', String(probe.port), '-t', String(timeoutMs / 1000)];
      return (await run({ file: probe.isready, args })).code === 0;
    }
  }
}

function probeHttp(probe: Probe & { kind: 'http' }): Promise<boolean> {
  return new Promise((resolve) => {
    const { host, port, path } = probe;
    const asked = request({ host, port, path, timeout: timeoutMs, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === probe.expect);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => {
      resolve(false);
    });
    asked.end();
  });
}

async function probeRedis(port: number, passwordFile: string): Promise<boolean> {
  const password = await readFile(passwordFile, 'utf8').catch(() => '');
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    let answer = '';
    const settle = (healthy: boolean): void => {
      socket.destroy();
      resolve(healthy);
    };
    socket.once('connect', () => socket.write(`AUTH ${password.trim()}\r\nPING\r\n`));
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      if (answer === '+OK\r\n+PONG\r\n') settle(true);
      else if (answer.startsWith('-') || answer.includes('\n-')) settle(false);
    });
    socket.once('timeout', () => {
      settle(false);
    });
    socket.once('error', () => {
      settle(false);
    });
    socket.once('close', () => {
      settle(false);
    });
  });
}
