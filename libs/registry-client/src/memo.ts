import type { Clock } from './retry.js';

/** What is asked for once, and again when it ends or failed. */
export interface Lasting<T> {
  value: T;
  /** Milliseconds since the epoch; Infinity when it lasts. */
  until: number;
}

/** Keeps what `get` answers as long as that holds; those who ask at the same time share one request. */
export function memo<T>(
  clock: Pick<Clock, 'now'>,
  get: (signal?: AbortSignal) => Promise<Lasting<T>>,
): (signal?: AbortSignal) => Promise<T> {
  let held: Promise<Lasting<T>> | null = null;
  return async (signal) => {
    const known = await held?.catch(() => null);
    if (known !== undefined && known !== null && known.until > clock.now()) return known.value;
    const asking = get(signal);
    held = asking;
    return (await asking).value;
  };
}
