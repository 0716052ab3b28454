import { parseArgs } from 'node:util';
import { Errors } from '@haven/errors';
import type { Logger } from '@haven/observability';
import { FilesystemBlobStore } from '@haven/storage';
import { UnnamedBytes } from '../blob/unnamed-bytes.service.js';
import { Databases } from '../database/databases.js';
import type { RegistryConfig } from '../registry.config.js';
import { PurgeRepository } from './purge.repository.js';
import { UploadPurge, type PurgeCounts } from './upload-purge.service.js';

const usage = 'usage: command.js purge [--older-than <hours>]';

/**
 * Reads for how many hours things must have lain untouched. Null: as configured for each kind.
 * @throws AppError BAD_REQUEST
 */
export function parsePurgeAge(args: readonly string[]): number | null {
  const hours = readOlderThan(args);
  if (hours === undefined) return null;
  if (!/^\d{1,6}(?:\.\d+)?$/.test(hours)) throw Errors.badRequest(`--older-than is no number of hours\n${usage}`);
  return Number(hours);
}

function readOlderThan(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { 'older-than': { type: 'string' } } }).values['older-than'];
  } catch (cause) {
    throw Errors.badRequest(`${Error.isError(cause) ? cause.message : 'bad arguments'}\n${usage}`, { cause });
  }
}

/**
 * Purges once, also while the registry runs and also in read-only mode: whoever calls this means it.
 * @throws AppError BAD_REQUEST, and whatever the database and the disk raise
 */
export async function runPurgeCommand(
  args: readonly string[],
  config: RegistryConfig,
  log: Logger,
): Promise<{ summary: { command: 'purge' } & PurgeCounts; sentence: string }> {
  const hours = parsePurgeAge(args);
  if (config.storageDriver !== 'filesystem') throw Errors.badRequest('what lies in memory goes with its registry');
  const databases = new Databases(config);
  try {
    const store = new FilesystemBlobStore(config.storageRoot);
    const purge = new UploadPurge(config, new PurgeRepository(databases, new UnnamedBytes(store)), store, log);
    const ages = hours === null ? purge.ages : { uploadSeconds: hours * 3600, blobSeconds: hours * 3600 };
    const counts = await purge.run(ages);
    const { sessions, files, memberships, releasedBytes, repositories } = counts;
    const sentence =
      `purge: ${sessions} uploads, ${files} files without one, ${memberships} blobs that no manifest has named ` +
      `(${releasedBytes} bytes less charged), ${repositories} empty repositories`;
    return { summary: { command: 'purge', ...counts }, sentence };
  } finally {
    await databases.close();
  }
}
