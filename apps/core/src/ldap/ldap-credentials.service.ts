import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { fingerprint, type BasicCredentials, type UserPrincipal } from '@haven/auth';
import type { Logger } from '@haven/observability';
import { LRUCache } from 'lru-cache';
import { LOGGER } from '../logger.module.js';
import { AccountRepository, toPrincipal, type LoginFacts } from '../security/account.repository.js';
import type { CredentialSource } from '../security/credential-source.js';
import { LdapDirectory } from './ldap-directory.service.js';
import { LdapOnboarding } from './ldap-onboarding.service.js';

const rememberedLogins = 10_000;
const rememberMs = 60_000;

/** What a log-in found out. */
type Login = LoginFacts & { userId: number };

/** Users of an LDAP directory. */
@Injectable()
export class LdapCredentials implements CredentialSource {
  /**
   * Log-ins that held, under a keyed fingerprint: clients send name and password with every request, and a directory is
   * slow and not ours. For so long does somebody whom the directory no longer lets in get in here.
   */
  private readonly remembered = new LRUCache<string, Login>({ max: rememberedLogins, ttl: rememberMs });
  private readonly key = randomBytes(32);
  /** Log-ins under way: requests that come together are one log-in. */
  private readonly running = new Map<string, Promise<Login | null>>();

  constructor(
    @Inject(AccountRepository) private readonly accounts: AccountRepository,
    @Inject(LdapDirectory) private readonly directory: LdapDirectory,
    @Inject(LdapOnboarding) private readonly onboarding: LdapOnboarding,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  recall(credentials: BasicCredentials): Promise<UserPrincipal | null> {
    return this.principalOf(this.remembered.get(this.memoryOf(credentials)) ?? null);
  }

  async verify(credentials: BasicCredentials): Promise<UserPrincipal | null> {
    const memory = this.memoryOf(credentials);
    const running = this.running.get(memory) ?? this.logIn(credentials).finally(() => this.running.delete(memory));
    this.running.set(memory, running);
    const login = await running;
    if (login !== null) this.remembered.set(memory, login);
    return this.principalOf(login);
  }

  private async logIn({ username, password }: BasicCredentials): Promise<Login | null> {
    const login = await this.directory.logIn(username, password);
    if (login === null) return null;
    const userId = await this.onboarding.ensureUser(login.user);
    if (userId === null) {
      this.log.warn({ username: login.user.username }, 'no user can have this name of the LDAP directory');
      return null;
    }
    const groupIds = await this.onboarding.ensureGroups(login.groups);
    return { userId, groupIds, isAdminInAuth: login.isAdmin };
  }

  /** The account is read each time: one that was deleted is seen at once. */
  private async principalOf(login: Login | null): Promise<UserPrincipal | null> {
    const account = login === null ? null : await this.accounts.findById(login.userId);
    return account === null || login === null ? null : toPrincipal(account, login);
  }

  /** Other settings are another directory. */
  private memoryOf({ username, password }: BasicCredentials): string {
    return fingerprint(this.key, JSON.stringify([this.directory.settings, username, password]));
  }
}
