import { Errors } from '@haven/errors';
import { BatchSink, type BatchSinkOptions } from './batch-sink.js';
import { ChunkReader } from './chunk-reader.js';

export interface ReceiveOptions extends BatchSinkOptions {
  /**
   * A request's body. It is left as it is: not destroyed, and not drained when it is not read to its end. Of a chunk that has its
   * memory to itself nothing is left once it is written.
   */
  source: AsyncIterable<Buffer>;
  /** Most bytes that the source may bring; more is REQUEST_ENTITY_TOO_LARGE. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

export interface Received {
  /**
   * Bytes of the source that are now in the file, from `offset` on and without a gap. The hashes have taken in these and no
   * others, whatever happened, so this may be stored as the upload's new offset (after a `sync`).
   */
  receivedBytes: number;
  /** The source broke off, or the signal fired. */
  aborted: boolean;
  /** Absent when the source came to its end and all of it was written. */
  error?: unknown;
}

/**
 * Receives a body in one pass: socket → file → hash, in batches of 256 KiB, writing one while the next comes in.
 * Does not reject: what has been received counts, also when the rest never comes.
 */
export async function receiveUpload(options: ReceiveOptions): Promise<Received> {
  const sink = new BatchSink(options);
  const ending = await pour(options, sink);
  const failure = await sink.finish();
  return { receivedBytes: sink.writtenBytes, ...(failure === undefined ? ending : { aborted: false, ...failure }) };
}

async function pour(
  { source, signal, maxBytes }: ReceiveOptions,
  sink: BatchSink,
): Promise<Omit<Received, 'receivedBytes'>> {
  const reader = new ChunkReader(source, signal);
  try {
    for (let acceptableBytes = maxBytes; ;) {
      const read = await reader.next();
      if (read.kind === 'end') return { aborted: false };
      if (read.kind === 'broken') return { aborted: true, error: read.reason };
      acceptableBytes -= read.chunk.length;
      if (acceptableBytes < 0) throw Errors.tooLarge('the upload is larger than allowed');
      await sink.add(read.chunk, signal);
    }
  } catch (error) {
    return { aborted: signal?.aborted === true, error };
  } finally {
    reader.close();
  }
}
