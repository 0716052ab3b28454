import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './command.ts';
import { Failure } from './failure.ts';
import type { Owner } from './owner.ts';

/** Where everything of one platform lies. */
export const dataPaths = (root: string) => ({
  root,
  /** Says that the folder is ours. */
  marker: join(root, 'haven.json'),
  /** Ports, pids and what else only matters while something runs. */
  run: join(root, 'run'),
  lock: join(root, 'run/lock'),
  log: join(root, 'log'),
  /** What the log collector keeps. */
  logs: join(root, 'logs'),
  secrets: join(root, 'secrets'),
  tls: join(root, 'tls'),
  nginx: join(root, 'nginx'),
  /** A copy of the built code, where the service user cannot read the checkout. */
  app: join(root, 'app'),
  postgres: join(root, 'postgres'),
  redis: join(root, 'redis'),
  /** Blobs. */
  storage: join(root, 'storage'),
});

export type DataFolder = ReturnType<typeof dataPaths>;

/**
 * Creates what is missing. As root, the folders into which haven itself writes belong to root and are open to
 * the service user's group for reading only: a service that is broken into cannot lay links there for root to follow.
 */
export async function prepareDataFolder(root: string, owner: Owner): Promise<DataFolder> {
  const data = dataPaths(root);
  await mustReach(nearestFolder(dirname(root)), owner);
  try {
    mkdirSync(root, { recursive: true });
    if (!existsSync(data.marker) && readdirSync(root).length > 0) {
      throw new Failure(`${root} is neither empty nor a data folder of Haven: choose another one with --data`);
    }
    for (const folder of [root, data.run, data.log, data.secrets, data.tls, data.nginx]) keepFolder(folder, owner);
    writeFileSync(data.marker, '{"format":1}\n');
    for (const folder of [data.redis, data.storage, data.logs]) serviceFolder(folder, owner);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`cannot use the data folder: ${(error as Error).message}`, { cause: error });
  }
  return data;
}

/** A folder that the services read and only haven itself writes. */
export function keepFolder(path: string, owner: Owner): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o750);
  if (owner.isSeparate) chownSync(path, 0, owner.gid);
}

/** A folder that a service writes. */
export function serviceFolder(path: string, owner: Owner): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  if (owner.isSeparate) chownSync(path, owner.uid, owner.gid);
}

/** A file that only the service user reads and writes, written anew. Its folder must be one of `keepFolder`. */
export function serviceFile(path: string, content: string | Uint8Array, owner: Owner): void {
  writeFileSync(path, content, { mode: 0o600 });
  if (owner.isSeparate) chownSync(path, owner.uid, owner.gid);
}

const nearestFolder = (path: string): string => (existsSync(path) ? path : nearestFolder(dirname(path)));

async function mustReach(folder: string, owner: Owner): Promise<void> {
  const probe = owner.wrap({ file: 'test', args: ['-x', folder] });
  if ((await run(probe)).code === 0) return;
  throw new Failure(`user ${owner.name} cannot enter ${folder}: choose another data folder with --data`);
}
