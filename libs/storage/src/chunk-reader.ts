import { Readable } from 'node:stream';

export type Read =
  | { kind: 'chunk'; chunk: Buffer }
  | { kind: 'end' }
  /** The source failed, or the signal fired. */
  | { kind: 'broken'; reason: unknown };

/**
 * Reads a source chunk by chunk until it ends, breaks off, or a signal fires. It never destroys the source: destroying a
 * request takes its socket along, and the client would not get to see why.
 */
export class ChunkReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private readonly signal: AbortSignal | undefined;
  private stopWaiting: ((reason: Error) => void) | undefined;

  constructor(source: AsyncIterable<Buffer>, signal?: AbortSignal) {
    this.iterator =
      source instanceof Readable ? source.iterator({ destroyOnReturn: false }) : source[Symbol.asyncIterator]();
    this.signal = signal;
    signal?.addEventListener('abort', this.onAbort);
  }

  async next(): Promise<Read> {
    try {
      this.signal?.throwIfAborted();
      // Promise.race against the signal would keep one entry for each chunk until the signal fires.
      const result = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
        this.stopWaiting = reject;
        this.iterator.next().then(resolve, reject);
      });
      return result.done === true ? { kind: 'end' } : { kind: 'chunk', chunk: result.value };
    } catch (reason) {
      return { kind: 'broken', reason };
    }
  }

  /** Lets go of the source, so that its rest can be drained or destroyed. */
  close(): void {
    this.signal?.removeEventListener('abort', this.onAbort);
    this.iterator.return?.().catch(() => undefined);
  }

  private readonly onAbort = (): void => {
    this.stopWaiting?.(this.signal?.reason as Error);
  };
}
