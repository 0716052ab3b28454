import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process, told apart from a later one with the same id: ids are reused, start times within one boot are not. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between boot and the start of the process. */
  startTicks: number;
  bootId: string;
}

interface ProcessStat {
  state: string;
  parentPid: number;
  startTicks: number;
}

/**
 * Reads `/proc/<pid>/stat` (proc_pid_stat(5)). The second field is the program's name in parentheses
 * and may itself hold spaces and parentheses, so counting starts after the last one.
 */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parentPid: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** The total in `/proc/<pid>/smaps_rollup`, in bytes. */
export function parsePss(text: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

const readProc = (pid: number | string, file: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // The process is gone, or belongs to somebody else.
  }
};

const linkOf = (pid: number, file: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/${file}`);
  } catch {
    return undefined;
  }
};

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Undefined when there is no such process, or only its corpse. */
export function identify(pid: number): ProcessIdentity | undefined {
  const text = readProc(pid, 'stat');
  if (text === undefined) return undefined;
  const { state, startTicks } = parseStat(text);
  return state === 'Z' ? undefined : { pid, startTicks, bootId: bootId() };
}

/** Whether that very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Sends a signal to that very process; false when it does not run any more. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

const allPids = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger);

/** The process and everything below it. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const candidate of allPids()) {
    const text = readProc(candidate, 'stat');
    if (text === undefined) continue;
    const { parentPid } = parseStat(text);
    children.set(parentPid, [...(children.get(parentPid) ?? []), candidate]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

/** Memory of a process with its children, shared pages counted by share, in bytes. */
export function familyPss(pid: number): number {
  return familyOf(pid)
    .map((member) => parsePss(readProc(member, 'smaps_rollup') ?? ''))
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Processes of one program whose working directory is `folder`: what a killed master leaves behind. */
export function processesIn(folder: string, program: string): ProcessIdentity[] {
  return allPids()
    .filter((pid) => linkOf(pid, 'cwd') === folder && linkOf(pid, 'exe')?.replace(/ \(deleted\)$/, '') === program)
    .flatMap((pid) => identify(pid) ?? []);
}

/** Who listens on a TCP port, as far as this user may see. */
export function portHolder(port: number): { pid: number; program: string } | undefined {
  const inodes = new Set(
    ['tcp', 'tcp6']
      .flatMap((file) => parseListeners(readProc('net', file) ?? ''))
      .flatMap((entry) => (entry.port === port ? [`socket:[${entry.inode}]`] : [])),
  );
  const pid = allPids().find((candidate) => openFiles(candidate).some((file) => inodes.has(file)));
  if (pid === undefined) return undefined;
  return { pid, program: readProc(pid, 'comm')?.trim() ?? 'unknown' };
}

const openFiles = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(pid, `fd/${fd}`) ?? []);
  } catch {
    return [];
  }
};

/** Listening sockets in `/proc/net/tcp` or `tcp6` (proc_net(5)). */
export function parseListeners(text: string): { port: number; inode: string }[] {
  const listening = '0A';
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening)
    .map((fields) => ({ port: parseInt(fields[1]?.split(':').at(-1) ?? '', 16), inode: fields[9] ?? '' }));
}
