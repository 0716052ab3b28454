import { join } from 'node:path';
import { mustRun } from '../../harness/command.ts';

export interface GetLoad {
  /** Of the registry, without a slash at its end. */
  url: string;
  /** Asked for in turn. */
  paths: readonly string[];
  headers?: Readonly<Record<string, string>>;
  connections: number;
  seconds: number;
  /** Of every body, or what they have on average. */
  bodyBytes: number;
}

export interface GetResult {
  /** Answered in full. */
  requests: number;
  /** Headers included, and what came of answers that were under way at the end. */
  bytes: number;
  seconds: number;
}

interface Counted {
  requests: number;
  bytes: number;
  microseconds: number;
  failed: number;
}

/** Longer than any answer takes; wrk would count those that take two seconds as failed. */
const timeout = '120s';

/** Asks as fast as answers come. Throws when any is not a success, or when they are shorter than they should be. */
export async function getLoad({
  url,
  paths,
  headers = {},
  connections,
  seconds,
  bodyBytes,
}: GetLoad): Promise<GetResult> {
  const script = join(import.meta.dirname, 'get.lua');
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', timeout, '-s', script, ...fields];
  const output = await mustRun('wrk', [...flags, `${url}/`, '--', ...paths], { timeoutMs: (seconds + 130) * 1_000 });
  const counted = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Counted;
  if (counted.failed > 0 || counted.bytes === 0) {
    throw new Error(`${url}${paths[0] ?? ''}: ${counted.failed} of ${counted.requests} requests failed`);
  }
  if (counted.bytes < counted.requests * bodyBytes) throw new Error(`${url}${paths[0] ?? ''}: answers are cut short`);
  return { requests: counted.requests, bytes: counted.bytes, seconds: counted.microseconds / 1e6 };
}

/** Requests a second. */
export async function requestRate(load: GetLoad): Promise<number> {
  const { requests, seconds } = await getLoad(load);
  return requests / seconds;
}

/** Megabytes (10⁶) a second. */
export async function byteRate(load: GetLoad): Promise<number> {
  const { bytes, seconds } = await getLoad(load);
  return bytes / seconds / 1e6;
}
