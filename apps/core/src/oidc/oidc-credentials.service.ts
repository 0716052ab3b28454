import { Injectable } from '@nestjs/common';
import type { CredentialSource, LoggedIn } from '../security/credential-source.js';

/** Users of an OpenID Connect provider, with their CLI secret. */
@Injectable()
export class OidcCredentials implements CredentialSource {
  recall(): Promise<LoggedIn | null> {
    return Promise.resolve(null);
  }

  verify(): Promise<LoggedIn | null> {
    return Promise.resolve(null);
  }
}
