import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore } from '@haven/storage';
import { BLOB_STORE } from './storage.providers.js';

const keptMs = 3_000;

interface Probe {
  outcome: Promise<void>;
  /** Null while it is under way. */
  endedAtMs: number | null;
}

/** Whether the blob store works: tried out every few seconds at most, however many ask. */
@Injectable()
export class StorageHealth {
  private latest: Probe | null = null;

  constructor(@Inject(BLOB_STORE) private readonly store: Pick<BlobStore, 'checkHealth'>) {}

  /**
   * May take for ever when the store hangs: whoever asks sets a limit. Then no second probe is sent after the first.
   * @throws AppError UNAVAILABLE, with the cause
   */
  check(): Promise<void> {
    const { latest } = this;
    if (latest !== null && (latest.endedAtMs === null || Date.now() - latest.endedAtMs < keptMs)) return latest.outcome;
    const probe: Probe = { outcome: this.store.checkHealth(), endedAtMs: null };
    const end = (): void => {
      probe.endedAtMs = Date.now();
    };
    probe.outcome.then(end, end);
    this.latest = probe;
    return probe.outcome;
  }
}
