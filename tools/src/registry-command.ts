import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from './data-folder.ts';
import { Failure } from './failure.ts';
import { registryCommand } from './node-service.part.ts';
import { findOwner } from './owner.ts';
import { readPorts } from './ports.ts';
import { isRunning } from './supervisor.ts';

/**
 * Runs a command of the registry (`apps/registry/dist/command.js`) as `up` runs the registry itself: same user, database,
 * storage and code. The registry may be running. Returns the command's exit code.
 */
export async function runRegistryCommand(
  checkout: string,
  dataFolder: string,
  args: readonly string[],
): Promise<number> {
  const data = dataPaths(dataFolder);
  const ports = readPorts(data);
  if (ports === undefined || !isRunning(data, 'postgres')) {
    throw new Failure(`the database of ${dataFolder} is not running: start it with ./haven up`);
  }
  const app = existsSync(join(data.app, 'build-id')) ? data.app : checkout;
  const command = registryCommand({ data, owner: await findOwner(), ports, app }, args);
  // In the folder of the caller, because of relative paths.
  return spawnSync(command.file, command.args, { stdio: 'inherit', env: command.env }).status ?? 1;
}
