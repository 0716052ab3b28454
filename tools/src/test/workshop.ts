import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../command.ts';
import { Failure } from '../failure.ts';
import { add, noTests, readJestReport } from './jest-counts.ts';

/** What the stages share: the checkout, a folder of their own, and a way to call programs that an interrupt ends. */
export class Workshop {
  readonly checkout: string;
  readonly folder: string;
  /** Of all jest runs so far. */
  counts = noTests;
  readonly #running = new Set<ChildProcess>();
  #jestRuns = 0;
  #interruptedBy: NodeJS.Signals | undefined;

  constructor(checkout: string) {
    this.checkout = checkout;
    this.folder = mkdtempSync(join(tmpdir(), 'haven-test-'));
    chmodSync(this.folder, 0o755); // The service user passes through.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        this.#interruptedBy = name;
        for (const child of this.#running) child.kill(name);
      });
    }
  }

  /** A program of the checkout's packages. */
  bin(name: string): string {
    return join(this.checkout, 'node_modules/.bin', name);
  }

  /** Runs a program in the checkout, to success. `env` is added to a clean environment. */
  async call(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const { code, output } = await this.#run(file, args, env);
    if (code !== 0) throw new Failure(output);
    return output;
  }

  /**
   * Runs one of jest's projects; having no tests yet is no failure. What tests say they leave out is passed on.
   * @param filter further arguments of jest, such as patterns of paths
   */
  async jest(project: string, env: Record<string, string> = {}, filter: readonly string[] = []): Promise<void> {
    const report = join(this.folder, `jest-${(this.#jestRuns += 1)}-${project}.json`);
    const args = ['--selectProjects', project, '--passWithNoTests', '--json', '--outputFile', report, ...filter];
    const node = { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' };
    const { code, output } = await this.#run(this.bin('jest'), args, { ...node, ...env });
    const leftOut = new Set(output.match(/^\s*left out: .*$/gm));
    for (const line of leftOut) console.log(line.trim());
    if (existsSync(report)) this.counts = add(this.counts, readJestReport(readFileSync(report, 'utf8')));
    if (code !== 0) throw new Failure(output);
  }

  async #run(file: string, args: readonly string[], env: Record<string, string>) {
    this.mustGoOn();
    let child: ChildProcess | undefined;
    const onStart = (started: ChildProcess): void => {
      child = started;
      this.#running.add(started);
    };
    try {
      return await run({ file, args, cwd: this.checkout, env: { ...cleanEnv(), ...env } }, { onStart });
    } finally {
      if (child !== undefined) this.#running.delete(child);
      this.mustGoOn();
    }
  }

  /** Throws after an interrupt. */
  mustGoOn(): void {
    if (this.#interruptedBy !== undefined) throw new Failure(`interrupted by ${this.#interruptedBy}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a caller may ask of the tests: where more clients are, and longer runs (test/README.md). */
const testWishes = new Set([
  'HAVEN_TOOLS',
  'HAVEN_TEST_GO_TOOLS',
  'HAVEN_TEST_CONFORMANCE',
  'HAVEN_TEST_CHAOS_SEED',
  'HAVEN_TEST_CHAOS_ROUNDS',
  'HAVEN_TEST_INTERLEAVING_STEPS',
  'HAVEN_TEST_FUZZ_ROUNDS',
  'HAVEN_TEST_FUZZ_SEED',
  'HAVEN_TEST_MEMORY',
]);

/** The caller's environment without what would steer Haven: tests bring their own. */
function cleanEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([key]) => !key.startsWith('HAVEN_') || testWishes.has(key));
  return Object.fromEntries(kept.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
