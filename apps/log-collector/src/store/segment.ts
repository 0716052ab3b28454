import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GrowingBlocks, type Block, type LinesSummary } from './block.js';
import {
  readRange,
  readSealedBlock,
  readSealedIndex,
  writeSealed,
  type SealedBlock,
  type SealedSummary,
} from './sealed-file.js';

const isGone = (error: unknown): boolean => Error.isError(error) && 'code' in error && error.code === 'ENOENT';

/**
 * Some of the lines of one service, in the order in which they came: first a file of plain lines, then a compressed one
 * of the same number. What reads it meanwhile notices nothing.
 */
export class Segment {
  minTime = Infinity;
  maxTime = -Infinity;
  lines = 0;
  /** On disk. */
  fileBytes = 0;
  /** Of plain lines; only known while it is not sealed. */
  plainBytes = 0;
  /** Milliseconds since 1970. */
  startedAt = Date.now();
  private growing: GrowingBlocks | null = new GrowingBlocks();
  private sealed: SealedBlock[] | null = null;

  /** @param number grows with the time of making, over all services */
  constructor(
    private readonly folder: string,
    readonly service: string,
    readonly number: number,
  ) {}

  static sealed(folder: string, service: string, number: number, summary: SealedSummary): Segment {
    const segment = new Segment(folder, service, number);
    segment.growing = null;
    Object.assign(segment, summary);
    return segment;
  }

  get isSealed(): boolean {
    return this.growing === null;
  }

  get plainPath(): string {
    return join(this.folder, `${String(this.number).padStart(10, '0')}.log`);
  }

  get sealedPath(): string {
    return join(this.folder, `${String(this.number).padStart(10, '0')}.zst`);
  }

  /** Takes note of lines that were written to the end of the plain file. */
  grow(lines: LinesSummary): void {
    this.growing?.add(lines);
    this.lines += lines.lines;
    this.plainBytes += lines.length;
    this.fileBytes += lines.length;
    this.minTime = Math.min(this.minTime, lines.minTime);
    this.maxTime = Math.max(this.maxTime, lines.maxTime);
  }

  /** Its blocks, in the order of the file; none when retention has taken it. */
  async blocks(): Promise<readonly Block[]> {
    if (this.growing !== null) return this.growing.all();
    try {
      return await this.index();
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  }

  /** The lines of a block; empty when retention has taken them. */
  async read(block: Block): Promise<Buffer> {
    if (this.growing !== null) {
      try {
        return await readRange(this.plainPath, block.offset, block.length);
      } catch (error) {
        if (!isGone(error)) throw error;
        // Sealed between the two.
      }
    }
    try {
      const sealed = (await this.index()).find(({ offset }) => offset === block.offset);
      return sealed === undefined ? Buffer.alloc(0) : await readSealedBlock(this.sealedPath, sealed);
    } catch (error) {
      if (isGone(error)) return Buffer.alloc(0);
      throw error;
    }
  }

  /** Compresses it. Nothing is written to it any more. */
  async seal(): Promise<void> {
    const { growing } = this;
    if (growing === null) return;
    this.fileBytes = await writeSealed(this.sealedPath, growing.all(), (block) =>
      readRange(this.plainPath, block.offset, block.length),
    );
    this.growing = null;
    await rm(this.plainPath, { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.sealedPath, { force: true });
    await rm(this.plainPath, { force: true });
  }

  /** Lets go of what can be read again. */
  forget(): void {
    this.sealed = null;
  }

  private async index(): Promise<SealedBlock[]> {
    return (this.sealed ??= await readSealedIndex(this.sealedPath));
  }
}
