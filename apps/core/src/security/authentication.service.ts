import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  fingerprint,
  hashPassword,
  isOutdatedHash,
  verifyPassword,
  type BasicCredentials,
  type UserPrincipal,
} from '@haven/auth';
import { Errors } from '@haven/errors';
import { LRUCache } from 'lru-cache';
import { AccountRepository, type Account } from './account.repository.js';
import { lockMs, LoginThrottle } from './login-throttle.js';

const rememberedLogins = 10_000;
const rememberMs = 10 * 60_000;
const longestPassword = 1_024;

/** Checks who somebody is, by name and password. */
@Injectable()
export class AuthenticationService {
  private readonly throttle = new LoginThrottle();
  /**
   * Passwords that held, as a keyed fingerprint, with the hash they held against: a changed password or a deleted
   * user is seen at once, because the account is read each time. Spares 40 ms of scrypt a request.
   */
  private readonly verified = new LRUCache<string, string>({ max: rememberedLogins, ttl: rememberMs });
  private readonly verifiedKey = randomBytes(32);
  /** Verified against when there is no such user, so that the time of the answer does not tell. */
  private readonly nobody = hashPassword(randomBytes(16).toString('hex'));

  constructor(@Inject(AccountRepository) private readonly accounts: AccountRepository) {}

  /**
   * @param address where the attempt comes from
   * @returns null when name and password do not belong together; that answer takes its time
   * @throws AppError TOO_MANY_REQUEST when the address has failed too often
   */
  async authenticate(credentials: BasicCredentials, address: string): Promise<UserPrincipal | null> {
    const { username, password } = credentials;
    if (username === '' || password === '' || password.length > longestPassword || username.includes('\0')) return null;
    const account = await this.accounts.findByLogin(username);
    const memory = fingerprint(this.verifiedKey, `${username}\n${password}`);
    if (account !== null && this.verified.get(memory) === account.passwordHash) return toPrincipal(account);
    if (this.throttle.isExhausted(address)) {
      throw Errors.tooManyRequests('too many failed log-ins from this address', { headers: { 'Retry-After': '60' } });
    }
    if (this.throttle.isLocked(username, address)) return null;
    const holds = await verifyPassword(account?.passwordHash ?? (await this.nobody), password);
    if (account === null || !holds) {
      this.throttle.recordFailure(username, address);
      await delay(lockMs);
      return null;
    }
    this.verified.set(memory, account.passwordHash);
    if (isOutdatedHash(account.passwordHash)) {
      await this.accounts.upgradeHash(account.userId, account.passwordHash, await hashPassword(password));
    }
    return toPrincipal(account);
  }
}

export function toPrincipal(account: Account, hasSession = false): UserPrincipal {
  return {
    kind: 'user',
    userId: account.userId,
    username: account.username,
    isSystemAdmin: account.isSystemAdmin,
    hasSession,
  };
}
