import { createHash, randomBytes, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { closingLocation, deterministicBytes, locationOf } from '@haven/testing/oci';
import type { BenchClient } from './client.ts';

const tailBytes = 4_096;
const pieceBytes = 2 ** 20;
const octets = { 'content-type': 'application/octet-stream' };

/** A blob that no registry has seen, in memory. */
export class LargeBlob {
  constructor(
    private readonly start: Buffer,
    private readonly tail: Buffer,
    readonly digest: string,
  ) {}

  get size(): number {
    return this.start.length + this.tail.length;
  }

  /** Its bytes from `from` to before `to`. */
  slice(from: number, to: number): Buffer {
    const { length } = this.start;
    if (to <= length) return this.start.subarray(from, to);
    const tail = this.tail.subarray(Math.max(from - length, 0), to - length);
    return from >= length ? tail : Buffer.concat([this.start.subarray(from), tail]);
  }

  /** All of it. */
  stream(): Readable {
    return Readable.from(this.pieces());
  }

  private *pieces(): Generator<Buffer> {
    for (let from = 0; from < this.size; from += pieceBytes) yield this.slice(from, from + pieceBytes);
  }
}

/** Makes large blobs that share all but their last bytes: each is new, and none has to be hashed as a whole. */
export class LargeBlobs {
  private readonly start: Buffer;
  private readonly hash: Hash;

  constructor(readonly bytes: number) {
    this.start = deterministicBytes('large blob', bytes - tailBytes);
    this.hash = createHash('sha256').update(this.start);
  }

  next(): LargeBlob {
    const tail = randomBytes(tailBytes);
    return new LargeBlob(this.start, tail, `sha256:${this.hash.copy().update(tail).digest('hex')}`);
  }
}

/** Pushes a blob in one request, or in chunks of so many bytes. Throws unless the registry has it then. */
export async function pushLarge(
  client: BenchClient,
  repository: string,
  blob: LargeBlob,
  chunkBytes = Infinity,
): Promise<void> {
  const auth = await client.subject.headersFor(repository);
  const headers = { ...auth, ...octets };
  const opened = await client.request('POST', `/v2/${repository}/blobs/uploads/`, { headers: auth });
  let location = locationOf(opened.expect(202));
  const chunks = Number.isFinite(chunkBytes) ? blob.size : 0;
  for (let from = 0; from < chunks; from += chunkBytes) {
    const body = blob.slice(from, from + chunkBytes);
    const range = { 'content-range': `${from}-${from + body.length - 1}` };
    const taken = await client.request('PATCH', location, { headers: { ...headers, ...range }, body });
    location = locationOf(taken.expect(202));
  }
  const rest = chunks > 0 ? { headers } : wholeBody(blob, headers);
  const closing = closingLocation(location, blob.digest, client.subject.url);
  const digest = (await client.request('PUT', closing, rest)).expect(201).header('docker-content-digest');
  if (digest !== blob.digest)
    throw new Error(`${client.subject.name}: pushed ${blob.digest}, got ${digest ?? 'nothing'}`);
  const there = await client.request('HEAD', `/v2/${repository}/blobs/${blob.digest}`, { headers: auth });
  if (there.expect(200).header('content-length') !== String(blob.size)) throw new Error(`${there.summary}: cut short`);
}

/** A request that sends all of it. */
export const wholeBody = (blob: LargeBlob, headers: Readonly<Record<string, string>>) => ({
  headers: { ...headers, 'content-length': String(blob.size) },
  body: blob.stream(),
});
