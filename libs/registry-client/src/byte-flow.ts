import type { Readable } from 'node:stream';
import { RegistryError } from './registry.error.js';

const nothing = Buffer.alloc(0);

/** Cuts a stream into runs of wanted lengths; no byte of it waits anywhere but in the piece that was cut last. */
export class ByteFlow {
  private readonly pieces: AsyncIterator<Buffer>;
  private rest: Buffer = nothing;

  /** @param skipBytes bytes at its beginning that nobody wants */
  constructor(
    private readonly stream: Readable,
    private skipBytes: number,
  ) {
    this.pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next bytes, exactly so many. @throws RegistryError unavailable when the stream ends before */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      const piece = this.rest.length > 0 ? this.rest : await this.next();
      const taken = piece.subarray(0, left);
      this.rest = piece.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  destroy(): void {
    this.stream.destroy();
  }

  private async next(): Promise<Buffer> {
    for (;;) {
      const next = await this.pieces.next();
      if (next.done === true) throw new RegistryError('unavailable', 'the blob ended before its last byte');
      const skipped = Math.min(this.skipBytes, next.value.length);
      this.skipBytes -= skipped;
      if (next.value.length > skipped) return next.value.subarray(skipped);
    }
  }
}
