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
  const ask = async (signal?: AbortSignal): Promise<T> => {
    const current = held;
    if (current !== null) {
      const known = await current.catch(() => null);
      if (known !== null && known.until > clock.now()) return known.value;
      // The first to notice asks anew.
      if (held !== current) return ask(signal);
    }
    held = get(signal);
    return (await held).value;
  };
  return ask;
}
