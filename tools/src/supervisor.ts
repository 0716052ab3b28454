import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from './command.ts';
import { serviceFile, type DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import type { Owner } from './owner.ts';
import { partNames, type Part, type PartName } from './part.ts';
import { isHealthy, type Probe } from './probe.ts';
import { identify, isAlive, processesIn, signal, type ProcessIdentity } from './process-table.ts';
import { waitFor } from './wait.ts';

/** What is kept on disk of a part that was started; enough to judge and to stop it later. */
export interface PartRecord {
  identity: ProcessIdentity;
  /** Hash of everything that the part was started with. */
  fingerprint: string;
  ports: readonly number[];
  probe: Probe;
  stopSignal: Part['stopSignal'];
  forks: Part['forks'];
}

const startLimitMs = 60_000;
const recoverLimitMs = 10_000;
const stopLimitMs = 30_000;
const largestLogBytes = 64 * 1024 * 1024;

const recordFile = (data: DataFolder, name: PartName): string => join(data.run, `${name}.json`);

export function logFile(data: DataFolder, name: PartName | 'migrate'): string {
  return join(data.log, `${name}.log`);
}

/** Undefined when the part was never started, or was stopped. */
export function readRecord(data: DataFolder, name: PartName): PartRecord | undefined {
  const file = recordFile(data, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PartRecord) : undefined;
}

export function isRunning(data: DataFolder, name: PartName): boolean {
  const record = readRecord(data, name);
  return record !== undefined && isAlive(record.identity);
}

/**
 * Leaves a part alone that runs as described and is healthy, or becomes so soon; otherwise starts it anew.
 * Returns whether it was started. Throws with its last log lines when it does not become healthy.
 */
export async function ensureRunning(part: Part, data: DataFolder, owner: Owner): Promise<boolean> {
  const record = readRecord(data, part.name);
  if (record !== undefined) {
    const isSame = record.fingerprint === fingerprintOf(part);
    if (isSame && (await becomesHealthy(record.identity, part.probe, recoverLimitMs))) return false;
    await stop(data, part.name);
  }
  const log = logFile(data, part.name);
  const logStart = prepareLog(log, owner);
  part.beforeStart?.();
  const identity = start(part, data, log);
  if (await becomesHealthy(identity, part.probe, startLimitMs)) return true;
  const reason = isAlive(identity)
    ? `did not become healthy within ${startLimitMs / 1000} s`
    : 'ended before it was healthy';
  const lastLog = tailOf(log, logStart);
  await stop(data, part.name);
  throw new Failure(`${part.name} ${reason}. Its last log lines:\n${lastLog}`);
}

async function becomesHealthy(identity: ProcessIdentity, probe: Probe, limitMs: number): Promise<boolean> {
  let healthy = false;
  await waitFor(async () => {
    healthy = isAlive(identity) && (await isHealthy(probe));
    return healthy || !isAlive(identity);
  }, limitMs);
  return healthy;
}

const fingerprintOf = (part: Part): string =>
  createHash('sha256')
    .update(JSON.stringify([part.command, part.ports, part.settings]))
    .digest('hex');

function start(part: Part, data: DataFolder, logFile: string): ProcessIdentity {
  const { file, args, env, cwd } = part.command;
  const log = openSync(logFile, 'a');
  // A session of its own: it outlives this process and its terminal.
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: env ?? {},
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.once('error', () => undefined); // Told by the absence of a pid.
  child.unref();
  if (child.pid === undefined) throw new Failure(`cannot start ${part.name}: ${file} is missing`);
  const identity = identify(child.pid) ?? { pid: child.pid, startTicks: -1, bootId: 'ended at once' };
  const record: PartRecord = {
    identity,
    fingerprint: fingerprintOf(part),
    ports: part.ports,
    probe: part.probe,
    stopSignal: part.stopSignal,
    forks: part.forks,
  };
  writeFileSync(recordFile(data, part.name), JSON.stringify(record));
  return identity;
}

/** Asks a part to stop, waits, and kills what does not. Returns whether there was anything to stop. */
export async function stop(data: DataFolder, name: PartName): Promise<boolean> {
  const record = readRecord(data, name);
  if (record === undefined) return false;
  const wasRunning = signal(record.identity, record.stopSignal);
  if (wasRunning && !(await ends([record.identity]))) signal(record.identity, 'SIGKILL');
  await clearLeftovers(record);
  rmSync(recordFile(data, name), { force: true });
  return wasRunning;
}

/** Stops all parts in the reverse order of their start. `onStopped` hears of each that was running. */
export async function stopAll(data: DataFolder, onStopped: (name: PartName) => void = () => undefined): Promise<void> {
  for (const name of partNames.toReversed()) if (await stop(data, name)) onStopped(name);
}

/** Clears away what parts that died left behind. */
export async function clearDead(data: DataFolder): Promise<void> {
  for (const name of partNames) if (!isRunning(data, name)) await stop(data, name);
}

/** Children of a killed master hold on to its port or memory for a while (PostgreSQL), or for ever (nginx). */
async function clearLeftovers(record: PartRecord): Promise<void> {
  const leftovers = [
    record.identity,
    ...(record.forks === null ? [] : processesIn(record.forks.folder, record.forks.program)),
  ];
  for (const leftover of leftovers) signal(leftover, record.stopSignal);
  if (await ends(leftovers)) return;
  for (const leftover of leftovers) signal(leftover, 'SIGKILL');
  await ends(leftovers);
}

const ends = (identities: readonly ProcessIdentity[]): Promise<boolean> =>
  waitFor(() => Promise.resolve(!identities.some(isAlive)), stopLimitMs);

/** A log that has grown large is put aside, replacing the one put aside before. Returns the size of what is there. */
function prepareLog(file: string, owner: Owner): number {
  if (existsSync(file) && statSync(file).size > largestLogBytes) renameSync(file, `${file}.1`);
  if (!existsSync(file)) serviceFile(file, '', owner);
  return statSync(file).size;
}

/** The last lines of a log. Offset `from`, in bytes, leaves out what earlier runs wrote. */
export function tailOf(file: string, from = 0): string {
  return existsSync(file) ? lastLines(readFileSync(file).subarray(from).toString(), 20) : '(no log)';
}
