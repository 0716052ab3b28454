import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { Redis } from 'ioredis';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { REDIS } from '../session/redis.module.js';
import type { Session } from '../session/session.service.js';
import { requireUsername } from '../user/user-rules.js';
import { awaySeconds } from './oidc-cookie.service.js';
import { OidcUserRepository } from './oidc-user.repository.js';
import { makeSecret, OidcVault } from './oidc-vault.js';
import type { ProviderAnswer, ProviderTokens } from './oidc.client.js';

const idPattern = /^[\w-]{43}$/;
const keyOf = (id: string): string => `haven:oidc-onboarding:${id}`;

/** Makes a user of whoever comes back from the provider. */
@Injectable()
export class OidcOnboarding {
  constructor(
    @Inject(OidcVault) private readonly vault: OidcVault,
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(OidcUserRepository) private readonly users: OidcUserRepository,
    @Inject(REDIS) private readonly redis: Redis,
  ) {}

  /**
   * Logs somebody in whom the provider has named.
   * @returns null for somebody new who has to choose a name first
   * @throws AppError BAD_REQUEST, CONFLICT when somebody new cannot have the name that the provider gives
   */
  async enter(answer: ProviderAnswer, sourceIp: string): Promise<Session | null> {
    const known = await this.users.findByIdentity(answer.identity.subiss);
    if (known !== null) {
      await this.users.updateStanding(known.userId, this.standingOf(answer));
      return this.sessionOf({ ...known, ...answer.identity }, known.username, sourceIp);
    }
    if (!this.configuration.value('oidc_auto_onboard')) return null;
    return this.onboard(answer.identity.username, answer, sourceIp);
  }

  /** Makes the account, and logs in. @throws AppError BAD_REQUEST, CONFLICT */
  async onboard(username: string, answer: ProviderAnswer, sourceIp: string): Promise<Session> {
    requireUsername(username);
    const { identity } = answer;
    const user = {
      ...this.standingOf(answer),
      ...{ username, email: identity.email, subiss: identity.subiss },
      secret: this.vault.seal(makeSecret()),
    };
    const userId = await this.store.transaction(async (tx) => {
      const made = await this.users.insert(tx, user);
      if (made === null) return null;
      await recordAudit(tx, {
        operation: 'create',
        resourceType: 'user',
        resource: username,
        username,
        sourceIp,
        description: `create user with name: ${username}`,
      });
      await bumpAccessVersion(tx);
      return made;
    });
    if (userId !== null) return this.sessionOf({ userId, ...identity }, username, sourceIp);
    // The same person may have come back through two windows at once.
    const known = await this.users.findByIdentity(identity.subiss);
    if (known === null) throw Errors.conflict('Conflict, the user with same username or email has been onboarded.');
    return this.sessionOf({ ...known, ...identity }, known.username, sourceIp);
  }

  /** Keeps an answer until its user has chosen a name. @returns what the browser fetches it with */
  async keep(answer: ProviderAnswer): Promise<string> {
    const id = randomBytes(32).toString('base64url');
    await this.redis.set(keyOf(id), this.vault.seal(answer), 'EX', awaySeconds).catch(unavailable);
    return id;
  }

  /** The answer that was kept, or null when there is none any more. */
  async kept(id: string | null): Promise<ProviderAnswer | null> {
    if (id === null || !idPattern.test(id)) return null;
    const sealed = await this.redis.get(keyOf(id)).catch(unavailable);
    if (sealed === null) return null;
    const answer = this.vault.open(sealed) as Omit<ProviderAnswer, 'validUntil'> & { validUntil: string };
    return { ...answer, validUntil: new Date(answer.validUntil) };
  }

  async forget(id: string): Promise<void> {
    await this.redis.del(keyOf(id)).catch(unavailable);
  }

  /** The ID token that a user logged in with last, or null. */
  async idTokenOf(userId: number): Promise<string | null> {
    const user = await this.users.findById(userId);
    return user === null || user.token === '' ? null : (this.vault.open(user.token) as ProviderTokens).idToken;
  }

  private standingOf({ identity, tokens, validUntil }: ProviderAnswer) {
    return { ...identity, token: this.vault.seal(tokens), validUntil };
  }

  private async sessionOf(
    user: { userId: number; groupNames: readonly string[]; isAdmin: boolean },
    username: string,
    sourceIp: string,
  ): Promise<Session> {
    const groupIds = await this.users.ensureGroups(user.groupNames);
    await recordAudit(this.store.sql, {
      operation: 'login',
      resourceType: 'user',
      resource: username,
      username,
      sourceIp,
    });
    return { userId: user.userId, groupIds, isAdminInAuth: user.isAdmin };
  }
}

const unavailable = (cause: unknown): never => {
  throw Errors.unavailable('sessions are not available at the moment, try again', {
    cause,
    headers: { 'Retry-After': '5' },
  });
};
