import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { Logger } from '@haven/observability';
import { LOGGER } from '../logger.module.js';
import { OidcUserRepository, type OidcUserRow } from './oidc-user.repository.js';
import { OidcVault } from './oidc-vault.js';
import { OidcClient, type ProviderAnswer, type ProviderTokens } from './oidc.client.js';
import { isRefusal } from './oidc.error.js';

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
    const sealed = await this.users.claimRenewal(userId, leaseMs);
    if (sealed === null) return this.waitForOther(userId);
    // Empty: the provider has taken back what it gave.
    const tokens = sealed === '' ? null : (this.vault.open(sealed) as ProviderTokens);
    if (tokens === null || tokens.refreshToken === '') {
      await this.users.releaseRenewal(userId);
      return null;
    }
    try {
      const answer = await this.refresh(tokens);
      if (answer.identity.subiss !== user.subiss) throw new Error('the OIDC provider speaks of somebody else');
      await this.store(userId, answer);
      return await this.users.findById(userId);
    } catch (error) {
      if (isRefusal(error)) {
        await this.users.dropToken(userId);
        this.log.info({ err: error, userId }, 'the OIDC provider no longer vouches for a user');
        return null;
      }
      await this.users.releaseRenewal(userId);
      if (user.validUntil.getTime() + graceMs > Date.now()) {
        this.log.warn({ err: error, userId }, 'the OIDC provider cannot be asked, what it said last holds');
        return user;
      }
      throw unavailable(error);
    }
  }

  private async refresh(tokens: ProviderTokens): Promise<ProviderAnswer> {
    if (Date.now() < this.troubledUntil) throw new Error('the OIDC provider could not be asked a moment ago');
    try {
      return await this.client.refresh(tokens);
    } catch (error) {
      if (!isRefusal(error)) this.troubledUntil = Date.now() + troubledMs;
      throw error;
    }
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
