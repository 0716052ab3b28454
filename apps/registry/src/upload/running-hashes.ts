import { Injectable } from '@nestjs/common';
import type { Digest } from '@haven/oci';
import type { UploadHash } from '@haven/storage';
import { LRUCache } from 'lru-cache';

const mostUploads = 4_096;
const keptMs = 3_600_000;

/**
 * Hashes of uploads between two of their requests, so that the next one in this process goes on where the last one stopped.
 * Only a short cut: what is not here is hashed again from the file.
 */
@Injectable()
export class RunningHashes {
  private readonly hashes = new LRUCache<string, UploadHash>({ max: mostUploads, ttl: keptMs });

  /**
   * Takes a hash out, for whoever has it will change it. It is of use only if it says what is stored: bytes that were hashed
   * here but not acknowledged may have come again elsewhere, as others.
   */
  take(id: string, digestSoFar: Digest | null): UploadHash | null {
    const hash = this.hashes.get(id);
    this.hashes.delete(id);
    return hash?.digest() === digestSoFar ? hash : null;
  }

  put(id: string, hash: UploadHash): void {
    this.hashes.set(id, hash);
  }
}
