import { spawn, type ChildProcess } from 'node:child_process';
import { Failure } from './failure.ts';

/** One program call. `env` is the whole environment of the child. */
export interface Command {
  file: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

interface RunOptions {
  /** Given to the program's standard input; without it, that is empty. */
  input?: string;
  /** Sees each piece of standard output and standard error as it comes. */
  onOutput?: (text: string) => void;
  /** Sees the child, for instance to pass a signal on. */
  onStart?: (child: ChildProcess) => void;
}

export interface RunResult {
  /** Exit code; 128 and more after a signal, 127 when the program cannot be started. */
  code: number;
  stdout: string;
  /** Standard output and standard error as they came. */
  output: string;
}

/** Runs a program to its end. Never throws. */
export async function run(command: Command, options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(command.file, command.args, {
    ...(command.env === undefined ? {} : { env: command.env }),
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  let stdout = '';
  let output = '';
  const take = (text: string): void => {
    output += text;
    options.onOutput?.(text);
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    take(text);
  });
  child.stderr?.setEncoding('utf8').on('data', take);
  // A program that ends without reading its input is judged by its exit code.
  child.stdin?.on('error', () => undefined).end(options.input);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({ code: 127, stdout, output: `${output}${error.message}\n` });
    });
    child.once('close', (code) => {
      resolve({ code: code ?? 128, stdout, output });
    });
  });
}

/** Runs a program and returns its standard output; a failure is told with the end of what it printed. */
export async function mustRun(what: string, command: Command, options: RunOptions = {}): Promise<string> {
  const result = await run(command, options);
  if (result.code !== 0) throw new Failure(`${what} failed:\n${lastLines(result.output, 20)}`);
  return result.stdout;
}

/** The last lines of a text, without the line break at its end. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
