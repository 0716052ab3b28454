import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findGoTool } from '../../clients/go-tool.ts';
import { findProgram, run } from '../../harness/command.ts';

const installMs = 1_200_000;

/** A program that is built from a Go module. */
export interface GoProgram {
  name: string;
  /** Its main package. */
  package: string;
  version: string;
}

/**
 * Where the program stands: on the PATH, in the folder that HAVEN_TEST_GO_TOOLS names, or in Haven's folder for tools, where
 * it is built unless it is there. Undefined where it cannot be built.
 */
export async function goProgram(program: GoProgram): Promise<string | undefined> {
  const found = findGoTool(program.name);
  if (found !== undefined) return found;
  const folder = join(toolFolder(), 'go', `${program.name}-${program.version}`);
  const file = join(folder, program.name);
  if (existsSync(file)) return file;
  const go = findProgram('go');
  if (go === undefined) return undefined;
  console.log(`Building ${program.package}@${program.version} …`);
  // Outside of any module, so that its own choice of dependencies holds.
  const env = { GOBIN: folder, GOFLAGS: '-mod=mod' };
  const args = ['install', `${program.package}@${program.version}`];
  const { code, output } = await run(go, args, { env, cwd: homedir(), timeoutMs: installMs });
  if (code === 0) return file;
  console.error(output.trim());
  return undefined;
}

function toolFolder(): string {
  const named = process.env['HAVEN_TOOLS'];
  if (named !== undefined && named !== '') return named;
  return process.getuid?.() === 0 ? '/opt/haven/tools' : join(homedir(), '.cache/haven/tools');
}
