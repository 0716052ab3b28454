import type { UploadWriter } from './blob-store.js';
import type { ByteBudget } from './byte-budget.js';
import type { UploadHash } from './upload-hash.js';

export interface BatchSinkOptions {
  writer: Pick<UploadWriter, 'write'>;
  /** Where in the upload the first byte goes. */
  offset: number;
  hashes: readonly UploadHash[];
  budget: ByteBudget;
  /** Told of bytes that are in the file. */
  onWritten?: ((bytes: number) => void) | undefined;
}

/** Bytes that are handed to the file at a time. */
export const batchSizeBytes = 256 * 1024;

/** As many buffers as one writev takes. */
const maxBatchChunks = 1024;

/** A client that sends slowly must not keep bytes of the budget. */
const maxBatchAgeMs = 1000;

/**
 * Collects chunks into batches, and writes and hashes each while the next is being collected. The hashes always say exactly
 * what `writtenBytes` bytes of the file hold: when a write fails, they go back to where they were before it.
 */
export class BatchSink {
  /** Bytes that are in the file and in the hashes, from the offset on and without a gap. */
  writtenBytes = 0;
  private readonly options: BatchSinkOptions;
  private position: number;
  private batch: Buffer[] = [];
  private batchBytes = 0;
  private ageTimer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | undefined;

  constructor(options: BatchSinkOptions) {
    this.options = options;
    this.position = options.offset;
  }

  /** Takes a chunk; waits while the budget is used up, or while two batches are on their way. Rejects when a write failed. */
  async add(chunk: Buffer, signal?: AbortSignal): Promise<void> {
    for (let start = 0; start < chunk.length; start += batchSizeBytes) {
      await this.addPiece(chunk.subarray(start, start + batchSizeBytes), signal);
    }
  }

  /** Writes what is left and waits for it; tells why when a write failed. */
  async finish(): Promise<{ error: unknown } | undefined> {
    this.flush();
    await this.writing;
    return this.failure;
  }

  private async addPiece(piece: Buffer, signal?: AbortSignal): Promise<void> {
    const { budget } = this.options;
    if (!budget.tryTake(piece.length)) {
      // What is held back here may be what everyone is waiting for.
      this.flush();
      await budget.take(piece.length, signal);
    }
    this.batch.push(piece);
    this.batchBytes += piece.length;
    this.ageTimer ??= setTimeout(() => {
      this.flush();
    }, maxBatchAgeMs);
    if (this.batchBytes >= batchSizeBytes || this.batch.length >= maxBatchChunks) {
      await this.writing;
      this.flush();
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  private flush(): void {
    clearTimeout(this.ageTimer);
    this.ageTimer = undefined;
    if (this.batch.length === 0) return;
    const { batch, batchBytes, position } = this;
    this.batch = [];
    this.batchBytes = 0;
    this.position += batchBytes;
    this.writing = this.writing.then(() => this.store(batch, batchBytes, position));
  }

  /** Never rejects: the error waits for whoever comes next. */
  private async store(batch: readonly Buffer[], bytes: number, position: number): Promise<void> {
    const { writer, hashes, budget } = this.options;
    try {
      if (this.failure !== undefined) return;
      for (const hash of hashes) hash.mark();
      const written = writer.write(batch, position);
      // The write runs in another thread; this one hashes the same bytes meanwhile.
      for (const hash of hashes) for (const chunk of batch) hash.update(chunk);
      await written;
      this.writtenBytes += bytes;
      this.options.onWritten?.(bytes);
    } catch (error) {
      for (const hash of hashes) hash.rewind();
      this.failure = { error };
    } finally {
      batch.forEach(release);
      budget.giveBack(bytes);
    }
  }
}

/**
 * Frees the memory of a chunk that has it to itself, instead of leaving it to the garbage collector: what comes next is read
 * into the same memory, which is still in the processor's cache.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
