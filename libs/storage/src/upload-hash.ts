import { createHash, type Hash } from 'node:crypto';
import { parseDigest, type Digest, type DigestAlgorithm } from '@haven/oci';

/** A digest that grows with an upload. */
export class UploadHash {
  readonly algorithm: DigestAlgorithm;
  private hash: Hash;
  private marked: Hash;

  constructor(algorithm: DigestAlgorithm = 'sha256') {
    this.algorithm = algorithm;
    this.hash = createHash(algorithm);
    this.marked = this.hash.copy();
  }

  update(bytes: Uint8Array): void {
    this.hash.update(bytes);
  }

  /** Digest of everything so far; more may follow. */
  digest(): Digest {
    return parseDigest(`${this.algorithm}:${this.hash.copy().digest('hex')}`);
  }
  /** Notes the present state for `rewind`. */
  mark(): void {
    this.marked = this.hash.copy();
  }

  /** Forgets what came after the last `mark`. */
  rewind(): void {
    this.hash = this.marked.copy();
  }
}
