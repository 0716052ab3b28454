import { Injectable } from '@nestjs/common';
import type { UploadHash } from '@haven/storage';
import { LRUCache } from 'lru-cache';

const mostUploads = 4_096;
const keptMs = 3_600_000;

interface RunningHash {
  epoch: number;
  offsetBytes: number;
  hash: UploadHash;
}

/**
 * Hashes of uploads between two of their requests, so that the next one in this process goes on where the last one stopped.
 * Only a short cut: what is not here is hashed again from the file.
 */
@Injectable()
export class RunningHashes {
  private readonly hashes = new LRUCache<string, RunningHash>({ max: mostUploads, ttl: keptMs });

  /** Takes a hash out, if it is that of exactly these bytes: whoever has it will change it. */
  take(id: string, epoch: number, offsetBytes: number): UploadHash | null {
    const known = this.hashes.get(id);
    this.hashes.delete(id);
    return known?.epoch === epoch && known.offsetBytes === offsetBytes ? known.hash : null;
  }

  put(id: string, running: RunningHash): void {
    this.hashes.set(id, running);
  }
}
