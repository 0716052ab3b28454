import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { sendSyslog, type Load } from './generator.ts';
import { peakMegabytes, startCollector, startRsyslog, type Subject } from './subject.ts';

interface Result {
  name: string;
  linesPerSecond: number;
  sent: number;
  lost: number;
  peakMegabytes: number;
}

/** Sends one load to one receiver and counts what it has on disk at the end. */
async function measure(subject: Subject, load: Omit<Load, 'port'>): Promise<Result> {
  const startedAt = performance.now();
  const sent = await sendSyslog({ ...load, port: subject.port });
  const stored = await subject.stored(load.run);
  const seconds = load.rate === Infinity ? (stored.at - startedAt) / 1_000 : sent.seconds;
  return {
    name: subject.name,
    linesPerSecond: Math.round(sent.lines / seconds),
    sent: sent.lines,
    lost: sent.lines - stored.lines,
    peakMegabytes: peakMegabytes(subject.pid),
  };
}

function report(results: readonly Result[]): void {
  for (const [name, own] of Map.groupBy(results, (result) => result.name)) {
    const speed = median(own.map(({ linesPerSecond }) => linesPerSecond));
    const lost = own.reduce((sum, result) => sum + result.lost, 0);
    const peak = Math.max(...own.map((result) => result.peakMegabytes));
    console.log(`${name.padEnd(14)} ${speed} lines/s (median of ${own.length}), ${lost} lost, peak ${peak} MB`);
  }
}

/** Each receiver in its turn, so that a busy moment of the machine falls on both. */
async function rounds(subjects: readonly Subject[], count: number, seconds: number): Promise<void> {
  const results: Result[] = [];
  for (let round = 0; round < count; round += 1) {
    for (const subject of subjects) {
      const run = `round${round}-${subject.name}`;
      results.push(await measure(subject, { seconds, rate: Infinity, connections: 4, run }));
    }
  }
  report(results);
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '50000' },
    'rate-seconds': { type: 'string', default: '60' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'haven-bench-logs-'));
const collector = await startCollector(join(folder, 'collector'));
const rsyslog = await startRsyslog(join(folder, 'rsyslog'));
try {
  if (rsyslog === null) console.log('left out: rsyslog is not installed (apt-get install rsyslog)');
  const steady = { seconds: Number(values['rate-seconds']), rate: Number(values.rate), connections: 4 };
  for (const subject of [collector, rsyslog]) {
    if (subject === null || steady.seconds === 0) continue;
    const result = await measure(subject, { ...steady, run: `steady-${subject.name}` });
    console.log(`${steady.rate} lines/s for ${steady.seconds} s: ${JSON.stringify(result)}`);
  }
  console.log('as fast as they are taken:');
  await rounds(rsyslog === null ? [collector] : [collector, rsyslog], Number(values.rounds), Number(values.seconds));
} finally {
  await collector.stop();
  await rsyslog?.stop();
  rmSync(folder, { recursive: true });
}
