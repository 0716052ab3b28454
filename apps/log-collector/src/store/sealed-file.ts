import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { Block } from './block.js';

/**
 * A sealed segment is one file: each block a zstd frame of its own, so that `zstdcat` shows the lines, then the index in
 * a skippable frame (RFC 8878, section 3.1.2), which ends with a trailer of fixed size.
 */
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const skippableMagic = 0x184d2a50;
const trailerBytes = 36;
const trailerMagic = 0x48_4c_4f_47;
/** A block is 256 KiB and one line more at most. */
const mostBlockBytes = 16 * 1024 * 1024;

/** A block, and where it lies compressed. */
export interface SealedBlock extends Block {
  at: number;
  size: number;
}

/** What is known of a sealed segment without reading its index. */
export interface SealedSummary {
  fileBytes: number;
  lines: number;
  minTime: number;
  maxTime: number;
}

type StoredBlock = [
  at: number,
  size: number,
  offset: number,
  length: number,
  lines: number,
  sets: number[] | null,
  minTime: number,
  maxTime: number,
];

function encodeIndex(blocks: readonly SealedBlock[]): Buffer {
  const sets = new Map<string, number>();
  const numberOf = (set: string): number => {
    const known = sets.get(set) ?? sets.size;
    sets.set(set, known);
    return known;
  };
  const stored = blocks.map((block): StoredBlock => {
    const numbers = block.labelSets === null ? null : [...block.labelSets].map(numberOf);
    return [block.at, block.size, block.offset, block.length, block.lines, numbers, block.minTime, block.maxTime];
  });
  return Buffer.from(JSON.stringify({ sets: [...sets.keys()], blocks: stored }));
}

function decodeIndex(bytes: Buffer): SealedBlock[] {
  const { sets, blocks } = JSON.parse(bytes.toString()) as { sets: string[]; blocks: StoredBlock[] };
  return blocks.map(([at, size, offset, length, lines, numbers, minTime, maxTime]) => {
    const labelSets = numbers === null ? null : new Set(numbers.map((number) => sets[number] ?? ''));
    return { at, size, offset, length, lines, labelSets, minTime, maxTime };
  });
}

function footer(blocks: readonly SealedBlock[]): Buffer {
  const index = encodeIndex(blocks);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(skippableMagic, 0);
  head.writeUInt32LE(index.length + trailerBytes, 4);
  const trailer = Buffer.alloc(trailerBytes);
  trailer.writeDoubleLE(Math.min(...blocks.map(({ minTime }) => minTime)), 0);
  trailer.writeDoubleLE(Math.max(...blocks.map(({ maxTime }) => maxTime)), 8);
  trailer.writeDoubleLE(
    blocks.reduce((sum, { lines }) => sum + lines, 0),
    16,
  );
  trailer.writeDoubleLE(index.length, 24);
  trailer.writeUInt32LE(trailerMagic, 32);
  return Buffer.concat([head, index, trailer]);
}

/**
 * Writes a sealed segment from plain blocks; it is there whole, or not at all.
 * @param read gives the lines of a block
 * @returns its size in bytes
 */
export async function writeSealed(
  path: string,
  blocks: readonly Block[],
  read: (block: Block) => Promise<Buffer>,
): Promise<number> {
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w', 0o600);
  let at = 0;
  try {
    const sealed: SealedBlock[] = [];
    for (const block of blocks) {
      const bytes = await compress(await read(block));
      await file.write(bytes, 0, bytes.length, at);
      sealed.push({ ...block, at, size: bytes.length });
      at += bytes.length;
    }
    const end = footer(sealed);
    await file.write(end, 0, end.length, at);
    at += end.length;
    await file.datasync();
  } catch (error) {
    // On a full disk, what is half done must not take the room.
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  return at;
}

async function readTrailer(file: FileHandle): Promise<SealedSummary & { indexBytes: number }> {
  const { size } = await file.stat();
  const trailer = Buffer.alloc(trailerBytes);
  const { bytesRead } = await file.read(trailer, 0, trailerBytes, Math.max(size - trailerBytes, 0));
  if (bytesRead !== trailerBytes || trailer.readUInt32LE(32) !== trailerMagic) throw new Error('no sealed segment');
  return {
    fileBytes: size,
    minTime: trailer.readDoubleLE(0),
    maxTime: trailer.readDoubleLE(8),
    lines: trailer.readDoubleLE(16),
    indexBytes: trailer.readDoubleLE(24),
  };
}

/** Does something with a file and closes it. */
async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** @throws when the file is no sealed segment */
export const readSealedSummary = (path: string): Promise<SealedSummary> => withFile(path, readTrailer);

export const readSealedIndex = (path: string): Promise<SealedBlock[]> =>
  withFile(path, async (file) => {
    const { fileBytes, indexBytes } = await readTrailer(file);
    const index = Buffer.alloc(indexBytes);
    await file.read(index, 0, indexBytes, fileBytes - trailerBytes - indexBytes);
    return decodeIndex(index);
  });

/** The plain lines of a block. */
export async function readSealedBlock(path: string, { at, size }: SealedBlock): Promise<Buffer> {
  return decompress(await readRange(path, at, size), { maxOutputLength: mostBlockBytes });
}

/** As many of these bytes as there are. */
export const readRange = (path: string, at: number, length: number): Promise<Buffer> =>
  withFile(path, async (file) => {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(bytes, 0, length, at);
    return bytes.subarray(0, bytesRead);
  });
