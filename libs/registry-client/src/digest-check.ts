import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { digestParts, type Digest } from '@haven/oci';
import { RegistryError } from './registry.error.js';

/** Counts and hashes bytes that pass in order; what passes once more after a break counts once. */
export class DigestTally {
  /** Null when only the target can tell whether the whole is right. */
  private readonly hash: Hash | null;

  /** @param bytes that passed elsewhere, and are not looked at again */
  constructor(
    private readonly digest: Digest,
    private bytes = 0,
  ) {
    this.hash = bytes === 0 ? createHash(digestParts(digest).algorithm) : null;
  }

  /** Bytes from the beginning on that have passed. */
  get position(): number {
    return this.bytes;
  }

  /** @param offset where the piece begins; not behind `position` */
  add(piece: Buffer, offset: number): void {
    const fresh = piece.subarray(this.bytes - offset);
    this.hash?.update(fresh);
    this.bytes += fresh.length;
  }

  /** To be asked once, after the last byte. @throws RegistryError digest-mismatch */
  assertWhole(): void {
    if (this.hash === null || this.hash.digest('hex') === digestParts(this.digest).hex) return;
    throw new RegistryError('digest-mismatch', `the bytes are not those of ${this.digest}`);
  }
}

/** Passes bytes on, and fails at their end when they are not those of the digest. */
export class DigestCheck extends Transform {
  private readonly tally: DigestTally;

  constructor(digest: Digest) {
    super();
    this.tally = new DigestTally(digest);
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.tally.add(piece, this.tally.position);
    done(null, piece);
  }

  override _flush(done: TransformCallback): void {
    try {
      this.tally.assertWhole();
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}
