import { setTimeout as sleep } from 'node:timers/promises';

/** When a failed request is tried again. */
export interface RetryPolicy {
  /** Tries in all, the first one included. */
  attempts: number;
  /** Longest wait after the first failure; doubles with each further one. */
  baseMs: number;
  /** Longest wait of our own choice. */
  capMs: number;
  /** A registry that wants to be left alone for longer is not waited for. */
  longestWaitMs: number;
}

export const defaultRetry: RetryPolicy = { attempts: 5, baseMs: 500, capMs: 20_000, longestWaitMs: 300_000 };

/** The time, and how it passes. */
export interface Clock {
  now: () => number;
  /** @throws the signal's reason */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 up to, but not, 1. */
  random: () => number;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
  random: Math.random,
};

/**
 * How long to wait after so many failures: any time up to a bound that doubles ("full jitter"), so that many who failed
 * together do not come back together; and never less than the registry asked for.
 * @returns null when the registry asks for longer than anyone waits
 */
export function waitAfter(
  { baseMs, capMs, longestWaitMs }: RetryPolicy,
  failures: number,
  retryAfterMs: number,
  clock: Pick<Clock, 'random'>,
): number | null {
  if (retryAfterMs > longestWaitMs) return null;
  const jitter = clock.random() * Math.min(capMs, baseMs * 2 ** (failures - 1));
  return retryAfterMs + Math.round(jitter);
}
