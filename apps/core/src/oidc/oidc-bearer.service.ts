import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@haven/auth';
import { AppError, Errors } from '@haven/errors';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { toPrincipal } from '../security/account.repository.js';
import { OidcUserRepository } from './oidc-user.repository.js';
import { OidcClient } from './oidc.client.js';

/** A signed JSON Web Token (RFC 7515) of a size that providers make. */
const bearer = /^bearer +([\w-]{1,4096}\.[\w-]{1,16384}\.[\w-]{1,2048})$/i;

/** Users who show an ID token of the provider itself, as programs do that have one. */
@Injectable()
export class OidcBearer {
  constructor(
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(OidcClient) private readonly client: OidcClient,
    @Inject(OidcUserRepository) private readonly users: OidcUserRepository,
  ) {}

  /**
   * @param authorization the header of a request
   * @returns null when it holds no ID token that counts here, or one of somebody who never logged in
   * @throws AppError UNAVAILABLE when the provider's keys cannot be had
   */
  async find(authorization: string | undefined): Promise<UserPrincipal | null> {
    const idToken = bearer.exec(authorization ?? '')?.[1];
    if (idToken === undefined || this.configuration.value('auth_mode') !== 'oidc_auth') return null;
    const identity = await this.client.identify(idToken).catch((error: unknown) => {
      if (error instanceof AppError) throw error;
      throw Errors.unavailable('the OIDC provider cannot be asked for its keys', { cause: error });
    });
    const user = identity === null ? null : await this.users.findByIdentity(identity.subiss);
    if (identity === null || user === null) return null;
    const groupIds = await this.users.ensureGroups(identity.groupNames);
    return toPrincipal(user, { groupIds, isAdminInAuth: identity.isAdmin });
  }
}
