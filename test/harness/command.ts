import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface CommandOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  input?: string | Uint8Array;
  timeoutMs?: number;
}

export interface Outcome {
  /** Exit code; -1 after a signal, and when the time was up. */
  code: number;
  stdout: string;
  /** Standard output and standard error, as they came. */
  output: string;
}

// Debian keeps servers in sbin, which is not on an ordinary user's PATH.
const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Full path of a program, undefined when it is not installed. */
export const findProgram = (name: string): string | undefined =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path));

/** Runs a program to its end, whatever that is. `env` is added to the environment of the tests. */
export async function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { env = {}, cwd, input, timeoutMs = 60_000 } = options;
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe', timeout: timeoutMs });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, stdout, output });
    });
  });
}

/** Runs a program to success and answers its standard output. */
export async function mustRun(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, output } = await run(file, args, options);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${code}\n${output}`);
  return stdout;
}
