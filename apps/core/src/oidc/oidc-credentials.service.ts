import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { fingerprint, type BasicCredentials, type UserPrincipal } from '@haven/auth';
import { LRUCache } from 'lru-cache';
import { toPrincipal } from '../security/account.repository.js';
import type { CredentialSource } from '../security/credential-source.js';
import { isFresh, OidcRenewal } from './oidc-renewal.service.js';
import { OidcUserRepository } from './oidc-user.repository.js';
import { OidcVault } from './oidc-vault.js';

const rememberedLogins = 10_000;
const rememberMs = 10 * 60_000;

/** Users of an OpenID Connect provider, with the secret that they have for the command line. */
@Injectable()
export class OidcCredentials implements CredentialSource {
  /** Secrets that held, as a keyed fingerprint, with what they held against. */
  private readonly verified = new LRUCache<string, string>({ max: rememberedLogins, ttl: rememberMs });
  private readonly verifiedKey = randomBytes(32);

  constructor(
    @Inject(OidcVault) private readonly vault: OidcVault,
    @Inject(OidcUserRepository) private readonly users: OidcUserRepository,
    @Inject(OidcRenewal) private readonly renewal: OidcRenewal,
  ) {}

  async recall(credentials: BasicCredentials): Promise<UserPrincipal | null> {
    const sealed = this.verified.get(this.memoryOf(credentials));
    if (sealed === undefined) return null;
    const user = await this.users.findByName(credentials.username);
    return user?.secret === sealed && isFresh(user) ? toPrincipal(user, user) : null;
  }

  async verify(credentials: BasicCredentials): Promise<UserPrincipal | null> {
    const user = await this.users.findByName(credentials.username);
    if (user === null || !this.vault.isSecret(user.secret, credentials.password)) return null;
    const renewed = await this.renewal.renew(user);
    if (renewed === null) return null;
    this.verified.set(this.memoryOf(credentials), user.secret);
    return toPrincipal(renewed, renewed);
  }

  private memoryOf({ username, password }: BasicCredentials): string {
    return fingerprint(this.verifiedKey, `${username}\n${password}`);
  }
}
