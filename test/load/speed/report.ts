import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, release } from 'node:os';
import { join } from 'node:path';
import { rounded, type CaseResult, type Outcome } from './measurement.ts';
import { plot } from './plot.ts';

export interface Report {
  versions: Readonly<Record<string, string>>;
  rounds: number;
  /** How it is run again. */
  command: string;
  minutes: number;
  cases: readonly CaseResult[];
}

/** Writes `speed.json`, `speed.svg` and `speed.md` into a folder. @returns the last, the table for `docs/performance.md` */
export function writeReport(report: Report, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
  const text = markdown(report, machine);
  writeFileSync(join(folder, 'speed.json'), `${JSON.stringify({ machine, ...report }, null, 2)}\n`);
  writeFileSync(join(folder, 'speed.svg'), plot(report.cases));
  writeFileSync(join(folder, 'speed.md'), text);
  return text;
}

function markdown({ versions, rounds, command, minutes, cases }: Report, machine: string): string {
  const subjects = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rows = cases.map((result) => `| ${cells(result).join(' | ')} |`);
  return [
    `\`${command}\` (${minutes.toFixed(0)} minutes). ${subjects.join(', ')}. ${machine}.`,
    '',
    `| | medians of ${rounds} | ratios and goals | memory, MB |`,
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function cells({ title, unit, figures, outcomes, limit }: CaseResult): string[] {
  const medians = figures.map(({ name, median }) => `${name} ${rounded(median)}`);
  const own = figures[0]?.median ?? Number.NaN;
  const limits = limit === undefined ? [] : [`at most ${limit} ${unit}: ${own <= limit ? 'met' : '**missed**'}`];
  const memory = figures.flatMap(({ name, peakMemory }) =>
    peakMemory === undefined ? [] : [`${name} ${Math.round(peakMemory / 1e6)}`],
  );
  return [
    `${title}, ${unit}`,
    medians.join('<br>'),
    [...outcomes.map(wordsOf), ...limits].join('<br>'),
    memory.join('<br>'),
  ];
}

const wordsOf = ({ of, against, ratio, atLeast, isMet }: Outcome): string =>
  `${of} ${ratio.toFixed(2)} × ${against} (goal ${atLeast}${isMet ? '' : ', **missed**'})`;
