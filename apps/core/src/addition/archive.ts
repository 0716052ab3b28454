import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError, Errors } from '@haven/errors';
import { extract, type Extract } from 'tar-stream';
import { readFile } from './bounded-read.js';

const mostEntries = 10_000;
/** Small archives can unpack to enormous ones. */
const mostUnpackedBytes = 64 * 1_024 * 1_024;

/** What is wanted of an archive: under which key a file of that name is to be kept, if at all. */
export type Wanted = (name: string) => string | null;

/**
 * Reads files of a tar, gzipped or plain, without unpacking the others. Of files with one key the first is kept.
 * @returns their texts by key
 * @throws AppError BAD_REQUEST when it is no such archive, or beyond all bounds, and what the stream throws
 */
export async function readArchive(
  archive: Readable,
  isGzipped: boolean,
  wanted: Wanted,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const tar = extract();
  const unpacked = isGzipped ? pipeline(archive, createGunzip(), bounded, tar) : pipeline(archive, bounded, tar);
  try {
    await Promise.all([unpacked, collect(tar, wanted, files)]);
  } catch (error) {
    tar.destroy();
    await unpacked.catch(() => undefined);
    throw error instanceof AppError ? error : Errors.badRequest('the archive is damaged', { cause: error });
  }
  return files;
}

async function* bounded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > mostUnpackedBytes) throw Errors.badRequest('the archive is too large to be unpacked');
    yield chunk;
  }
}

async function collect(tar: Extract, wanted: Wanted, files: Map<string, string>): Promise<void> {
  let entries = 0;
  for await (const entry of tar) {
    entries += 1;
    if (entries > mostEntries) throw Errors.badRequest('the archive has too many files');
    const key = entry.header.type === 'file' ? wanted(entry.header.name) : null;
    if (key === null || files.has(key)) entry.resume();
    else files.set(key, await readFile(entry));
  }
}
