import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  fingerprint,
  hashPassword,
  isOutdatedHash,
  verifyPassword,
  type BasicCredentials,
  type UserPrincipal,
} from '@haven/auth';
import { LRUCache } from 'lru-cache';
import { AccountRepository, toPrincipal } from './account.repository.js';
import type { CredentialSource } from './credential-source.js';

const rememberedLogins = 10_000;
const rememberMs = 10 * 60_000;

/** Users with a password of their own (`harbor_user.password`). */
@Injectable()
export class DatabaseCredentials implements CredentialSource {
  /**
   * Passwords that held, as a keyed fingerprint, with the hash they held against: a changed password or a deleted
   * user is seen at once, because the account is read each time. Spares 40 ms of scrypt a request.
   */
  private readonly verified = new LRUCache<string, string>({ max: rememberedLogins, ttl: rememberMs });
  private readonly verifiedKey = randomBytes(32);
  /** Verified against when there is no such user, so that the time of the answer does not tell. */
  private readonly nobody = hashPassword(randomBytes(16).toString('hex'));

  constructor(@Inject(AccountRepository) private readonly accounts: AccountRepository) {}

  async recall(credentials: BasicCredentials): Promise<UserPrincipal | null> {
    const hash = this.verified.get(this.memoryOf(credentials));
    if (hash === undefined) return null;
    const account = await this.accounts.findByLogin(credentials.username);
    return account?.passwordHash === hash ? toPrincipal(account) : null;
  }

  async verify(credentials: BasicCredentials): Promise<UserPrincipal | null> {
    const { username, password } = credentials;
    const account = await this.accounts.findByLogin(username);
    // An account without a password lives elsewhere: nothing opens it here.
    const stored = account === null || account.passwordHash === '' ? await this.nobody : account.passwordHash;
    const holds = await verifyPassword(stored, password);
    if (account === null || account.passwordHash === '' || !holds) return null;
    this.verified.set(this.memoryOf(credentials), account.passwordHash);
    if (isOutdatedHash(account.passwordHash)) {
      await this.accounts.upgradeHash(account.userId, account.passwordHash, await hashPassword(password));
    }
    return toPrincipal(account);
  }

  private memoryOf({ username, password }: BasicCredentials): string {
    return fingerprint(this.verifiedKey, `${username}\n${password}`);
  }
}
