import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { internalSecret, peakMegabytes, startCollector } from '../logs/subject.ts';

const { values } = parseArgs({ options: { lines: { type: 'string', default: '10000000' } } });
const total = Number(values.lines);
const batchLines = 2_000;
const dayMs = 86_400_000;
const levels = [11, 14, 14, 14, 12, 14, 14, 14]; // error, info, warn
const startMs = Date.now() - dayMs;
const timeOf = (line: number): string =>
  new Date(startMs + Math.floor((line / total) * (dayMs - 60_000))).toISOString();

/** Lines as syslog carries them, and those of core as a syslog server writes them to a file. */
function batch(from: number): { sent: Buffer; ofCore: string } {
  const lines = Array.from({ length: batchLines }, (_, index) => {
    const number = from + index;
    const service = number % 2 === 0 ? 'core' : 'registry';
    const priority = levels[number % levels.length] ?? 14;
    return `<${priority}>1 ${timeOf(number)} host-${number % 5} ${service} 1 - - {"requestId":"r${number}x","method":"GET","url":"/v2/library/app-${number % 97}/manifests/v1","status":200,"bytesOut":1532}\n`;
  });
  return { sent: Buffer.from(lines.join('')), ofCore: lines.filter((_, index) => index % 2 === 0).join('') };
}

/** How long new lines take to whoever looks on, while others come at an even pace. */
async function tailDelays(rounds: number): Promise<number[]> {
  const headers = { authorization: `Harbor-Secret ${internalSecret}` };
  const over = new AbortController();
  const response = await fetch(`${collector.url}/tail?service=live`, { headers, signal: over.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const socket = connect(collector.port, '127.0.0.1');
  await once(socket, 'connect');
  const others = setInterval(() => socket.write(batch(0).sent.subarray(0, 40_000)), 50);
  const delays: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    socket.write(`\n<14>1 - h live - - - new line ${round};\n`);
    for (let seen = ''; !seen.includes(`new line ${round};`);) seen += (await reader?.read())?.value ?? '';
    delays.push(performance.now() - startedAt);
  }
  clearInterval(others);
  socket.destroy();
  over.abort();
  return delays;
}

const folder = mkdtempSync(join(tmpdir(), 'haven-bench-search-'));
const plainFile = join(folder, 'core.log');
const collector = await startCollector(join(folder, 'collector'));
const ask = async (path: string): Promise<{ ms: number; lines: unknown[]; next: string | null }> => {
  const startedAt = performance.now();
  const headers = { authorization: `Harbor-Secret ${internalSecret}` };
  const response = await fetch(`${collector.url}${path}`, { headers });
  const page = (await response.json()) as { lines: unknown[]; next: string | null };
  return { ...page, ms: Math.round(performance.now() - startedAt) };
};
try {
  const socket = connect(collector.port, '127.0.0.1');
  await once(socket, 'connect');
  const plain = openSync(plainFile, 'w');
  for (let from = 0; from < total; from += batchLines) {
    const { sent, ofCore } = batch(from);
    writeSync(plain, ofCore);
    if (!socket.write(sent)) await once(socket, 'drain');
  }
  closeSync(plain);
  socket.resume().end();
  await once(socket, 'close');
  const stored = (await Promise.all(['core', 'registry'].map((run) => collector.stored(run)))).reduce(
    (sum, { lines }) => sum + lines,
    0,
  );
  console.log(`${stored} lines stored`);

  const number = Math.floor(total / 2) & ~1;
  const hour = `from=${timeOf(number - total / 48)}&to=${timeOf(number + total / 48)}`;
  const questions = {
    'text, one service, one hour': `/query?service=core&${hour}&text=r${number}x`,
    'text that is not there, one service, one hour': `/query?service=core&${hour}&text=nowhere-at-all`,
    'regular expression, one service, one hour': `/query?service=core&${hour}&regex=requestId":"r${number}x"`,
    'last hundred errors': '/query?service=core&level=error',
    'text of one request, whole day': `/query?request_id=r${number}x`,
  };
  for (const [name, path] of Object.entries(questions)) {
    const [own, ofGrep]: [number[], number[]] = [[], []];
    let page = await ask(path);
    for (let round = 0; round < 5; round += 1) {
      page = await ask(path);
      own.push(page.ms);
      const startedAt = performance.now();
      spawnSync('grep', ['-F', '-c', `r${number}x`, plainFile], { env: { LC_ALL: 'C' } });
      ofGrep.push(performance.now() - startedAt);
    }
    const found = `${page.lines.length} lines${page.next === null ? '' : ', more on the next page'}`;
    const ratio = (median(own) / median(ofGrep)).toFixed(3);
    console.log(
      `${name}: ${median(own)} ms (slowest ${Math.max(...own)}), ${ratio} of grep through all of core; ${found}`,
    );
  }
  const delays = await tailDelays(200);
  console.log(
    `new line to a live view: ${median(delays).toFixed(1)} ms, slowest ${Math.max(...delays).toFixed(1)} (200)`,
  );
  console.log(`peak ${peakMegabytes(collector.pid)} MB`);
} finally {
  await collector.stop();
  rmSync(folder, { recursive: true });
}
