import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { BasicCredentials } from '@haven/auth';
import { Errors } from '@haven/errors';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { LdapCredentials } from '../ldap/ldap-credentials.service.js';
import { cliSecretOperations } from '../oidc/cli-secret-operations.js';
import { OidcCredentials } from '../oidc/oidc-credentials.service.js';
import { RobotCredentials } from '../robot/robot-credentials.service.js';
import { AccountRepository } from './account.repository.js';
import type { CredentialSource, LoggedIn } from './credential-source.js';
import { DatabaseCredentials } from './database-credentials.service.js';
import { lockMs, LoginThrottle } from './login-throttle.js';

const longestPassword = 1_024;

/** The first administrator: their password is asked of the database in every mode, so that nobody is locked out. */
const firstAdminId = 1;

/** Checks who somebody is, by name and password. */
@Injectable()
export class AuthenticationService {
  private readonly throttle = new LoginThrottle();

  constructor(
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(AccountRepository) private readonly accounts: AccountRepository,
    @Inject(DatabaseCredentials) private readonly database: CredentialSource,
    @Inject(RobotCredentials) private readonly robots: CredentialSource,
    @Inject(LdapCredentials) private readonly ldap: CredentialSource,
    @Inject(OidcCredentials) private readonly oidc: CredentialSource,
  ) {}

  /**
   * @param address where the attempt comes from
   * @param operation what it is for: secrets for the command line do not open everything
   * @returns null when name and password do not belong together; that answer takes its time
   * @throws AppError TOO_MANY_REQUEST when the address has failed too often, UNAVAILABLE when nobody can tell
   */
  async authenticate(credentials: BasicCredentials, address: string, operation: string): Promise<LoggedIn | null> {
    const { username, password } = credentials;
    if (username === '' || password === '' || password.length > longestPassword || username.includes('\0')) return null;
    const source = await this.sourceOf(username);
    if (source === this.oidc && !cliSecretOperations.has(operation)) return null;
    const recalled = await source.recall(credentials);
    if (recalled !== null) return recalled;
    if (this.throttle.isExhausted(address)) {
      throw Errors.tooManyRequests('too many failed log-ins from this address', { headers: { 'Retry-After': '60' } });
    }
    if (this.throttle.isLocked(username, address)) return null;
    const principal = await source.verify(credentials);
    if (principal === null) {
      this.throttle.recordFailure(username, address);
      await delay(lockMs);
    }
    return principal;
  }

  /** Whether a user name is one whose password only the browser can tell the identity provider. */
  async isLoginElsewhere(username: string): Promise<boolean> {
    return (await this.sourceOf(username)) === this.oidc;
  }

  private async sourceOf(username: string): Promise<CredentialSource> {
    if (username.startsWith(this.configuration.value('robot_name_prefix'))) return this.robots;
    const mode = this.configuration.value('auth_mode');
    const external = mode === 'ldap_auth' ? this.ldap : mode === 'oidc_auth' ? this.oidc : null;
    if (external === null) return this.database;
    const account = await this.accounts.findByLogin(username);
    return account?.userId === firstAdminId ? this.database : external;
  }
}
