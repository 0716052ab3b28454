import { LRUCache } from 'lru-cache';

/** How long a user name rests, for one address, after a wrong password. */
export const lockMs = 1_500;
const windowMs = 60_000;
const failuresPerWindow = 60;
const remembered = 50_000;

/**
 * Slows down guessing: a wrong password closes the user name for that address for a moment, and an address with many
 * wrong ones for the rest of a minute. Locking by both keeps strangers from locking a user out.
 */
export class LoginThrottle {
  private readonly locks = new LRUCache<string, true>({ max: remembered, ttl: lockMs });
  private readonly failures = new LRUCache<string, { count: number }>({ max: remembered, ttl: windowMs });

  isLocked(username: string, address: string): boolean {
    return this.locks.has(`${address} ${username}`);
  }

  /** True once an address has used up its wrong passwords for now. */
  isExhausted(address: string): boolean {
    return (this.failures.get(address)?.count ?? 0) >= failuresPerWindow;
  }

  recordFailure(username: string, address: string): void {
    this.locks.set(`${address} ${username}`, true);
    const entry = this.failures.get(address);
    if (entry === undefined) this.failures.set(address, { count: 1 });
    else entry.count += 1;
  }
}
