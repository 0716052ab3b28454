import { Injectable } from '@nestjs/common';
import type { CredentialSource, LoggedIn } from '../security/credential-source.js';

/** Users of an LDAP directory. */
@Injectable()
export class LdapCredentials implements CredentialSource {
  recall(): Promise<LoggedIn | null> {
    return Promise.resolve(null);
  }

  verify(): Promise<LoggedIn | null> {
    return Promise.resolve(null);
  }
}
