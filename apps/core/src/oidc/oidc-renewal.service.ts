import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { Logger } from '@haven/observability';
import { LOGGER } from '../logger.module.js';
import { OidcUserRepository, type OidcUserRow } from './oidc-user.repository.js';
import { OidcVault } from './oidc-vault.js';
import { OidcClient, type ProviderAnswer, type ProviderTokens } from './oidc.client.js';
import { isRefusal, isUnreachable } from './oidc.error.js';

/** How long what the provider said last goes on to hold while it cannot be asked. */
const graceMs = 30 * 60_000;
/** How long a provider that could not be asked is left alone. */
const troubledMs = 10_000;
const leaseMs = 30_000;
const pollMs = 250;

export const isFresh = ({ validUntil }: OidcUserRow): boolean => validUntil.getTime() > Date.now();

/**
 * Asks the provider whether a user still is one, once what it said last has run out. One process asks at a time, because a
 * refresh token may be good for one use.
 */
@Injectable()
export class OidcRenewal {
  private readonly running = new Map<number, Promise<OidcUserRow | null>>();
  private troubledUntil = 0;

  constructor(
    @Inject(OidcVault) private readonly vault: OidcVault,
    @Inject(OidcUserRepository) private readonly users: OidcUserRepository,
    @Inject(OidcClient) private readonly client: OidcClient,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /**
   * @returns the user as the provider knows them now; null when it does not, or when only a browser can ask it
   * @throws AppError UNAVAILABLE when it cannot be asked, and has not been for long
   */
  renew(user: OidcUserRow): Promise<OidcUserRow | null> {
    if (isFresh(user)) return Promise.resolve(user);
    const running = this.running.get(user.userId);
    if (running !== undefined) return running;
    const renewal = this.ask(user).finally(() => this.running.delete(user.userId));
    this.running.set(user.userId, renewal);
    return renewal;
  }

  private async ask(user: OidcUserRow): Promise<OidcUserRow | null> {
    const { userId } = user;
    if (Date.now() < this.troubledUntil) return this.endure(user, undefined);
    const sealed = await this.users.claimRenewal(userId, leaseMs);
    if (sealed === null) return this.waitForOther(userId);
    // Empty: the provider has taken back what it gave.
    const tokens = sealed === '' ? null : (this.vault.open(sealed) as ProviderTokens);
    if (tokens === null || tokens.refreshToken === '') {
      await this.users.releaseRenewal(userId);
      return null;
    }
    try {
      const answer = await this.client.refresh(tokens);
      if (answer.identity.subiss !== user.subiss) return await this.drop(userId, sealed);
      await this.store(userId, answer);
      return await this.users.findById(userId);
    } catch (error) {
      if (isRefusal(error)) return this.drop(userId, sealed);
      if (isUnreachable(error)) this.troubledUntil = Date.now() + troubledMs;
      await this.users.releaseRenewal(userId);
      return this.endure(user, error);
    }
  }

  /** Forgets what the provider refused; a log-in meanwhile may have brought something better. */
  private async drop(userId: number, sealed: string): Promise<OidcUserRow | null> {
    this.log.info({ userId }, 'the OIDC provider no longer vouches for a user');
    await this.users.dropToken(userId, sealed);
    const user = await this.users.findById(userId);
    return user !== null && isFresh(user) ? user : null;
  }

  /** What the provider said last goes on to hold for a while. */
  private endure(user: OidcUserRow, cause: unknown): OidcUserRow {
    if (user.validUntil.getTime() + graceMs <= Date.now()) throw unavailable(cause);
    this.log.warn({ err: cause, userId: user.userId }, 'the OIDC provider cannot be asked, what it said last holds');
    return user;
  }

  private async store(userId: number, { identity, tokens, validUntil }: ProviderAnswer): Promise<void> {
    // First of all: the token that was asked with is worth nothing any more.
    await this.users.updateStanding(userId, { ...identity, token: this.vault.seal(tokens), validUntil });
    await this.users.ensureGroups(identity.groupNames);
  }

  private async waitForOther(userId: number): Promise<OidcUserRow | null> {
    for (let waitedMs = 0; waitedMs < leaseMs; waitedMs += pollMs) {
      await delay(pollMs);
      const user = await this.users.findById(userId);
      if (user === null || user.token === '') return null;
      if (isFresh(user)) return user;
      if (!user.isRenewing) return this.ask(user);
    }
    throw unavailable();
  }
}

const unavailable = (cause?: unknown): Error =>
  Errors.unavailable('the OIDC provider cannot be asked whether this user is still known', {
    cause,
    headers: { 'Retry-After': '10' },
  });
