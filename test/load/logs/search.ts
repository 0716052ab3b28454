import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { internalSecret, peakMegabytes, startCollector } from './subject.ts';

const { values } = parseArgs({ options: { lines: { type: 'string', default: '10000000' } } });
const total = Number(values.lines);
const batchLines = 2_000;
const dayMs = 86_400_000;
const levels = [11, 14, 14, 14, 12, 14, 14, 14]; // error, info, warn
const startMs = Date.now() - dayMs;
const timeOf = (line: number): string =>
  new Date(startMs + Math.floor((line / total) * (dayMs - 60_000))).toISOString();

function batch(from: number): Buffer {
  const lines = Array.from({ length: batchLines }, (_, index) => {
    const number = from + index;
    const service = number % 2 === 0 ? 'core' : 'registry';
    const priority = levels[number % levels.length] ?? 14;
    return `<${priority}>1 ${timeOf(number)} host-${number % 5} ${service} 1 - - {"requestId":"r${number}x","method":"GET","url":"/v2/library/app-${number % 97}/manifests/v1","status":200,"bytesOut":1532}\n`;
  });
  return Buffer.from(lines.join(''));
}

const folder = mkdtempSync(join(tmpdir(), 'haven-bench-search-'));
const collector = await startCollector(folder);
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
  for (let from = 0; from < total; from += batchLines) if (!socket.write(batch(from))) await once(socket, 'drain');
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
    const results = [];
    for (let round = 0; round < 5; round += 1) results.push(await ask(path));
    const times = results.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const found = results[0]?.lines.length ?? 0;
    const more = results[0]?.next === null ? '' : ', more on the next page';
    console.log(`${name}: ${times[2]} ms (median of 5, slowest ${times[4]}), ${found} lines${more}`);
  }
  console.log(`peak ${peakMegabytes(collector.pid)} MB`);
} finally {
  await collector.stop();
  rmSync(folder, { recursive: true });
}
