import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, mustRun, run, type Outcome } from '../harness/command.ts';
import { describeUnless } from '../harness/left-out.ts';

const timeoutMs = 90_000;

/** A client that is one program, with a home of its own for its log-ins. */
export interface GoTool {
  /** For the files of the test, and the program's home. */
  readonly folder: string;
  readonly run: (...args: string[]) => Promise<Outcome>;
  /** Runs to success and answers standard output without the white space around it. */
  readonly must: (...args: string[]) => Promise<string>;
  readonly step: (name: string, run: () => Promise<void>) => void;
}

/** Where a program stands: on the PATH, or in the folder that HAVEN_TEST_GO_TOOLS names. */
export function findGoTool(name: string): string | undefined {
  const folder = process.env['HAVEN_TEST_GO_TOOLS'];
  const named = folder ? join(folder, name) : undefined;
  return findProgram(name) ?? (named !== undefined && existsSync(named) ? named : undefined);
}

/** Defines tests with a program, and leaves them out, saying so, where it is not installed. */
export async function describeGoTool(name: string, define: (tool: GoTool) => void): Promise<void> {
  const program = findGoTool(name);
  const folder = await mkdtemp(join(tmpdir(), `haven-${name}-`));
  const env = { HOME: folder, DOCKER_CONFIG: join(folder, 'docker'), COSIGN_PASSWORD: '' };
  afterAll(() => rm(folder, { recursive: true, force: true }));
  describeUnless(program === undefined ? 'not installed' : undefined, name, () => {
    define({
      folder,
      run: (...args) => run(program!, args, { env, cwd: folder, timeoutMs }),
      must: async (...args) => (await mustRun(program!, args, { env, cwd: folder, timeoutMs })).trim(),
      step: (title, body) => {
        it(title, body, timeoutMs);
      },
    });
  });
}
