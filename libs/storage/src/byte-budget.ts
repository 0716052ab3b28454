interface Waiter {
  bytes: number;
  admit: () => void;
}

/**
 * How many bytes of request bodies the process may hold at once. First come, first served: a large request is not overtaken
 * for ever by small ones. Whoever waits must not hold bytes that only come back when it goes on.
 */
export class ByteBudget {
  readonly capacityBytes: number;
  private freeBytes: number;
  // A set keeps the order of arrival and lets one that gave up leave from the middle.
  private readonly waiting = new Set<Waiter>();

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
    this.freeBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.capacityBytes - this.freeBytes;
  }

  /** Takes the bytes if they are free and nobody waits. */
  tryTake(bytes: number): boolean {
    if (bytes > this.capacityBytes) throw new RangeError('more than the whole budget');
    if (this.waiting.size > 0 || bytes > this.freeBytes) return false;
    this.freeBytes -= bytes;
    return true;
  }

  /** Resolves when the bytes are the caller's; rejects with the signal's reason when it fires first. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.tryTake(bytes)) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = {
      bytes,
      admit: () => {
        resolve(undefined);
      },
    };
    const giveUp = (): void => {
      this.waiting.delete(waiter);
      reject(signal?.reason as Error);
      this.admitWaiting();
    };
    this.waiting.add(waiter);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  giveBack(bytes: number): void {
    this.freeBytes += bytes;
    this.admitWaiting();
  }

  private admitWaiting(): void {
    for (const waiter of this.waiting) {
      if (waiter.bytes > this.freeBytes) return;
      this.waiting.delete(waiter);
      this.freeBytes -= waiter.bytes;
      waiter.admit();
    }
  }
}
