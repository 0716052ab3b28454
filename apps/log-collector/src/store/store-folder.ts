import { mkdir, readdir, rename, rm, truncate } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { summarise } from './block.js';
import { Segment } from './segment.js';
import { readSealedSummary } from './sealed-file.js';

/** What an earlier process left of one service. */
export interface FoundService {
  service: string;
  /** By their numbers. */
  segments: Segment[];
  /** The one that still grows. */
  current: Segment | null;
  /** Those that nothing is written to any more, and that still have to be sealed. */
  full: Segment[];
}

const LF = 10;

const numberOf = (file: string): number => Number(/^(\d{10,})\.(?:log|zst)$/.exec(file)?.[1] ?? NaN);

/** Reads the folder of a store. What a kill cut off in the middle of a line is cut off whole. */
export async function readStoreFolder(root: string): Promise<FoundService[]> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const found: FoundService[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory()) found.push(await readService(join(root, entry.name), entry.name));
  }
  return found;
}

async function readService(folder: string, service: string): Promise<FoundService> {
  const files = await readdir(folder);
  await Promise.all(files.filter((file) => file.endsWith('.new')).map((file) => rm(join(folder, file))));
  const isSealed = new Set(files.filter((file) => file.endsWith('.zst')).map(numberOf));
  const segments: Segment[] = [];
  const plain: Segment[] = [];
  for (const number of [...new Set(files.map(numberOf))].filter(Number.isSafeInteger).sort((a, b) => a - b)) {
    const segment = isSealed.has(number)
      ? await readSealed(folder, service, number)
      : await readPlain(folder, service, number);
    if (segment === null) continue;
    segments.push(segment);
    if (!segment.isSealed) plain.push(segment);
  }
  // Killed between the two: the compressed file is whole when it has its name.
  for (const file of files) {
    if (file.endsWith('.log') && isSealed.has(numberOf(file))) await rm(join(folder, file));
  }
  const current = plain.pop() ?? null;
  return { service, segments, current, full: plain };
}

/** A damaged file is put aside: it neither stops the service nor is thrown away. */
async function readSealed(folder: string, service: string, number: number): Promise<Segment | null> {
  const { sealedPath } = new Segment(folder, service, number);
  try {
    return Segment.sealed(folder, service, number, await readSealedSummary(sealedPath));
  } catch {
    await rename(sealedPath, `${sealedPath}.damaged`);
    return null;
  }
}

/** Reads the lines of a plain file up to the first that is none: what a kill or a power cut left there is cut off. */
async function readPlain(folder: string, service: string, number: number): Promise<Segment> {
  const segment = new Segment(folder, service, number);
  let rest: Buffer = Buffer.alloc(0);
  let read = 0;
  for await (const chunk of createReadStream(segment.plainPath, { highWaterMark: 256 * 1024 })) {
    read += (chunk as Buffer).length;
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(LF) + 1;
    rest = bytes.subarray(end);
    const summary = summarise(bytes.subarray(0, end));
    if (summary.lines > 0) segment.grow(summary);
    if (summary.length < end) break;
  }
  segment.startedAt = Math.min(segment.startedAt, segment.minTime / 1_000);
  if (segment.plainBytes < read) await truncate(segment.plainPath, segment.plainBytes);
  return segment;
}
