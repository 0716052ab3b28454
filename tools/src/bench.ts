import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './build.ts';
import { Failure } from './failure.ts';

/** Runs the load tests on a build of the sources as they are, with the arguments as they are. Returns their exit code. */
export async function bench(checkout: string, args: readonly string[]): Promise<number> {
  const entry = join(checkout, 'test/load/main.ts');
  if (!existsSync(entry)) throw new Failure('this checkout has no load tests: test/load/main.ts is missing');
  await ensureBuild(checkout);
  // Load tests share classes with the black-box tests, which type stripping alone does not understand.
  const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'];
  return spawnSync(process.execPath, [...flags, entry, ...args], { stdio: 'inherit', cwd: checkout }).status ?? 1;
}
