import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Actor } from '../security/actor.decorator.js';
import { requireStrongPassword } from '../user/user-rules.js';
import { OidcUserRepository, type OidcMetaRow } from './oidc-user.repository.js';
import { makeSecret, OidcVault } from './oidc-vault.js';

/** What users of the provider have besides an account. */
@Injectable()
export class OidcAccountService {
  constructor(
    @Inject(OidcVault) private readonly vault: OidcVault,
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(OidcUserRepository) private readonly users: OidcUserRepository,
  ) {}

  /** Null when no provider vouches for the user. The secret is shown to the user alone, and is empty for others. */
  async metaOf(userId: number, viewer: Principal): Promise<OidcMetaRow | null> {
    if (this.configuration.value('auth_mode') !== 'oidc_auth') return null;
    const meta = await this.users.findMeta(userId);
    const isSelf = viewer.kind === 'user' && viewer.userId === userId;
    return meta === null ? null : { ...meta, secret: isSelf ? String(this.vault.open(meta.secret)) : '' };
  }

  /**
   * Replaces the secret for the command line.
   * @param secret empty: one is made, and told with the user's own account
   * @throws AppError PRECONDITION when passwords are not the provider's or the user is not; BAD_REQUEST when it is weak
   */
  async setSecret(actor: Actor, userId: number, secret: string): Promise<void> {
    const mode = this.configuration.value('auth_mode');
    if (mode !== 'oidc_auth') throw Errors.precondition(`unable to update CLI secret under authmode: ${mode}`);
    if (secret !== '') requireStrongPassword(secret);
    const sealed = this.vault.seal(secret === '' ? makeSecret() : secret);
    await this.store.transaction(async (tx) => {
      const username = await this.users.updateSecret(tx, userId, sealed);
      if (username === null) throw Errors.precondition(`user ${userId} was not onboarded via OIDC`);
      await recordAudit(tx, {
        operation: 'update',
        resourceType: 'user',
        resource: username,
        username: actor.username,
        sourceIp: actor.sourceIp,
        description: `update user with name: ${username}, change CLI secret`,
      });
      await bumpAccessVersion(tx);
    });
  }
}
