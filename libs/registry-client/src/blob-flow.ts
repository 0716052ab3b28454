import type { Descriptor } from '@haven/oci';
import { RegistryError, toRegistryError } from './registry.error.js';
import type { RemoteRepository } from './remote-repository.js';
import { waitAfter } from './retry.js';

const nothing: Buffer = Buffer.alloc(0);

/**
 * The bytes of a remote blob, in order, in runs of wanted lengths. When the source breaks off it is asked for the rest, so
 * that whoever reads notices no more than a pause. No byte waits anywhere but in the piece that was cut last.
 */
export class BlobFlow {
  private readonly closing = new AbortController();
  private readonly signal: AbortSignal;
  private readonly pieces: AsyncGenerator<Buffer, never>;
  private rest = nothing;

  constructor(
    private readonly source: RemoteRepository,
    private readonly blob: Pick<Descriptor, 'digest' | 'size'>,
    offset: number,
    signal: AbortSignal | undefined,
  ) {
    this.signal = AbortSignal.any([this.closing.signal, ...(signal === undefined ? [] : [signal])]);
    this.pieces = this.read(offset);
  }

  /** The next bytes, exactly so many. @throws RegistryError when the source does not give them */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      const piece = this.rest.length > 0 ? this.rest : (await this.pieces.next()).value;
      const taken = piece.subarray(0, left);
      this.rest = piece.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  close(): void {
    this.closing.abort();
  }

  private async *read(offset: number): AsyncGenerator<Buffer, never> {
    const { retry, clock } = this.source.client.connection.transport;
    for (let [at, failures] = [offset, 0]; ;) {
      try {
        for await (const piece of this.open(at)) {
          at += piece.length;
          failures = 0;
          yield piece;
        }
        throw new RegistryError('unavailable', `the source ends ${this.blob.digest} before its last byte`);
      } catch (error) {
        const failure = toRegistryError(error, 'the source');
        failures += 1;
        const isWorthwhile = failures < retry.attempts && failure.isTransient && !this.signal.aborted;
        const wait = isWorthwhile ? waitAfter(retry, failures, failure.retryAfterMs, clock) : null;
        if (wait === null) throw failure;
        await clock.sleep(wait, this.signal);
      }
    }
  }

  private async *open(offset: number): AsyncGenerator<Buffer> {
    const { client, repository } = this.source;
    const { digest, size } = this.blob;
    const { stream, offset: begins } = await client.getBlob(repository, digest, { offset, signal: this.signal });
    let at = begins;
    let last = nothing;
    for await (const piece of stream as AsyncIterable<Buffer>) {
      const wanted = piece.subarray(Math.max(0, offset - at));
      at += piece.length;
      if (at > size) throw new RegistryError('malformed', `the source sends more of ${digest} than it is long`);
      // The last piece waits for the end of the answer, so that the connection can be used again.
      if (at === size) last = wanted;
      else if (wanted.length > 0) yield wanted;
    }
    if (last.length > 0) yield last;
  }
}
