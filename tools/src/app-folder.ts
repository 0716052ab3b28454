import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun, run } from './command.ts';
import type { DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import type { Owner } from './owner.ts';

/**
 * The folder to run the services from: the checkout, or, where the service user cannot read that
 * (below /root, say), a copy of what running needs in the data folder, made anew with each build.
 */
export async function placeApp(checkout: string, buildId: string, data: DataFolder, owner: Owner): Promise<string> {
  if (!(await canUse(owner, '-x', process.execPath))) {
    throw new Failure(`user ${owner.name} cannot run ${process.execPath}: choose another folder with HAVEN_TOOLS`);
  }
  if (await canUse(owner, '-r', join(checkout, 'apps/core/dist/main.js'))) return checkout;
  const copiedId = join(data.app, 'build-id');
  if (existsSync(copiedId) && readFileSync(copiedId, 'utf8') === buildId) return data.app;
  console.log(`Copying the build to ${data.app}, where user ${owner.name} can read it …`);
  const unfinished = `${data.app}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  copyBuild(checkout, unfinished);
  const args = ['install', '--prod', '--frozen-lockfile', '--prefer-offline', '--ignore-scripts'];
  const env = { ...(process.env as Record<string, string>), CI: 'true' };
  await mustRun('pnpm install', { file: 'pnpm', args, env, cwd: unfinished });
  writeFileSync(join(unfinished, 'build-id'), buildId);
  rmSync(data.app, { recursive: true, force: true });
  renameSync(unfinished, data.app);
  return data.app;
}

const canUse = async (owner: Owner, access: '-r' | '-x', file: string): Promise<boolean> =>
  !owner.isSeparate || (await run(owner.wrap({ file: 'test', args: [access, file] }))).code === 0;

/** Everything of the workspace but sources and installed packages; of tools and tests, which do not run, the manifests. */
function copyBuild(checkout: string, target: string): void {
  const left = new Set(['node_modules', 'src', 'test']);
  const copy = (path: string): void => {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(checkout, path), join(target, path), { recursive: true });
  };
  for (const path of [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'tools/package.json',
    'test/package.json',
  ]) {
    copy(path);
  }
  for (const workspace of ['apps', 'libs']) {
    for (const name of readdirSync(join(checkout, workspace))) {
      const folder = join(workspace, name);
      for (const entry of readdirSync(join(checkout, folder))) if (!left.has(entry)) copy(join(folder, entry));
    }
  }
}
