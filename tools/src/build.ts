import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { mustRun } from './command.ts';
import { Failure } from './failure.ts';
import { withLock } from './lock.ts';
import { stampOfFiles, stampOfTexts } from './stamp.ts';

/** What the last successful installation and build were made from. */
interface Stamp {
  install: string;
  build: string;
}

const workspaceFolders = ['apps', 'libs'];
const installFiles = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
const builtFiles = [
  'apps/core/dist/main.js',
  'apps/core/dist/migrate.js',
  'apps/log-collector/dist/main.js',
  'apps/registry/dist/main.js',
];

/**
 * Installs packages and builds the services when their sources changed since the last time.
 * @returns an id that changes with every change of the sources
 */
export async function ensureBuild(checkout: string): Promise<string> {
  const isFresh = (): boolean => {
    const last = readStamp(checkout);
    const now = currentStamp(checkout);
    return last.install === now.install && last.build === now.build && missingOutput(checkout) === undefined;
  };
  if (!isFresh()) {
    mkdirSync(dirname(stampFile(checkout)), { recursive: true });
    await withLock(join(checkout, '.cache/haven.lock'), async () => {
      if (isFresh()) return;
      if (readStamp(checkout).install !== currentStamp(checkout).install) await install(checkout);
      await build(checkout);
    });
  }
  return readStamp(checkout).build;
}

export async function install(checkout: string): Promise<void> {
  console.log('Installing packages …');
  const before = currentStamp(checkout);
  // CI: without a terminal, pnpm otherwise refuses to replace a node_modules that does not fit.
  const env = { ...(process.env as Record<string, string>), CI: 'true' };
  await mustRun('pnpm install', { file: 'pnpm', args: ['install', '--frozen-lockfile'], env, cwd: checkout });
  writeStamp(checkout, { install: before.install, build: '' });
}

export async function build(checkout: string): Promise<void> {
  console.log('Building …');
  const before = currentStamp(checkout);
  await mustRun('tsc -b', { file: join(checkout, 'node_modules/.bin/tsc'), args: ['-b'], cwd: checkout });
  const missing = missingOutput(checkout);
  if (missing !== undefined) throw new Failure(`the build did not make ${missing}`);
  writeStamp(checkout, before);
}

const stampFile = (checkout: string): string => join(checkout, '.cache/haven-build.json');

function readStamp(checkout: string): Stamp {
  const none = { install: '', build: '' };
  if (!existsSync(stampFile(checkout)) || !existsSync(join(checkout, 'node_modules/.modules.yaml'))) return none;
  return JSON.parse(readFileSync(stampFile(checkout), 'utf8')) as Stamp;
}

function writeStamp(checkout: string, stamp: Stamp): void {
  mkdirSync(dirname(stampFile(checkout)), { recursive: true });
  writeFileSync(stampFile(checkout), JSON.stringify(stamp));
}

const missingOutput = (checkout: string): string | undefined =>
  builtFiles.find((file) => !existsSync(join(checkout, file)));

/** Packages by content, sources by size and time: touching a file costs a build that finds nothing to do, no more. */
function currentStamp(checkout: string): Stamp {
  const sources = workspaceFolders.flatMap((folder) => filesUnder(join(checkout, folder)));
  const manifests = sources.filter((file) => file.endsWith('/package.json')).sort();
  const packages = [...installFiles.map((name) => join(checkout, name)), ...manifests];
  const install = stampOfTexts(packages.map((file) => readFileSync(file, 'utf8')));
  const configs = ['tsconfig.json', 'tsconfig.base.json'].map((name) => join(checkout, name));
  const files = [...configs, ...sources].map((file) => {
    const { size, mtimeMs } = statSync(file);
    return { path: relative(checkout, file), size, mtimeMs };
  });
  return { install, build: stampOfTexts([install, stampOfFiles(files)]) };
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}
