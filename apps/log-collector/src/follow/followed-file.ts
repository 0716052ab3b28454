import { open, stat, type FileHandle } from 'node:fs/promises';
import { LineSplitter } from '../ingest/line-splitter.js';

/** How far a file was read: up to the end of a line. */
export interface FilePlace {
  inode: number;
  offset: number;
}

const chunkBytes = 256 * 1024;

/** A file that grows, is put aside, or is emptied and written anew. */
export class FollowedFile {
  private file: FileHandle | null = null;
  private inode = 0;
  private offset = 0;
  private splitter: LineSplitter;

  /** @param room resolves when there is room for more lines */
  constructor(
    private readonly path: string,
    private readonly maxLineBytes: number,
    private readonly onLine: (line: Buffer) => void,
    private readonly room: () => Promise<void>,
  ) {
    this.splitter = this.newSplitter();
  }

  get place(): FilePlace {
    return { inode: this.inode, offset: this.offset - this.splitter.pending };
  }

  /** Goes on where an earlier process was, also when the file was put aside since, as `<path>.1`. */
  async resume({ inode, offset }: FilePlace): Promise<void> {
    for (const path of [this.path, `${this.path}.1`]) {
      const file = await openIfThere(path);
      if (file === null) continue;
      const found = await file.stat();
      if (found.ino === inode && found.size >= offset) {
        [this.file, this.inode, this.offset] = [file, inode, offset];
        return;
      }
      await file.close();
    }
  }

  /** Reads what is new, up to the end. */
  async read(): Promise<void> {
    for (;;) {
      await this.readOn();
      const there = await stat(this.path).catch(() => null);
      if (there === null) return;
      if (there.ino === this.inode && this.file !== null) {
        if (there.size >= this.offset) return;
        // Emptied, and written from its start again.
        this.offset = 0;
        this.splitter = this.newSplitter();
        continue;
      }
      // What came between the last look at the old file and its being put aside.
      await this.readOn();
      this.splitter.end();
      await this.close();
      this.file = await openIfThere(this.path);
      if (this.file === null) return;
      this.inode = (await this.file.stat()).ino;
      this.offset = 0;
      this.splitter = this.newSplitter();
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = null;
  }

  private async readOn(): Promise<void> {
    while (this.file !== null) {
      await this.room();
      // A buffer of just that size: most looks at a file find a few lines or none.
      const newBytes = Math.min((await this.file.stat()).size - this.offset, chunkBytes);
      if (newBytes <= 0) return;
      const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(newBytes), 0, newBytes, this.offset);
      if (bytesRead === 0) return;
      this.offset += bytesRead;
      this.splitter.push(buffer.subarray(0, bytesRead));
    }
  }

  private newSplitter = (): LineSplitter => new LineSplitter(this.maxLineBytes + 1, this.onLine);
}

/** Files of others that may not be read are left alone. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (Error.isError(error) && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) return null;
    throw error;
  }
}
