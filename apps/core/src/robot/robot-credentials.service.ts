import { Injectable } from '@nestjs/common';
import type { CredentialSource, LoggedIn } from '../security/credential-source.js';

/** Robot accounts, with their secret. */
@Injectable()
export class RobotCredentials implements CredentialSource {
  recall(): Promise<LoggedIn | null> {
    return Promise.resolve(null);
  }

  verify(): Promise<LoggedIn | null> {
    return Promise.resolve(null);
  }
}
