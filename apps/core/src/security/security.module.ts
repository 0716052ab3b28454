import { Global, Module } from '@nestjs/common';
import { AccessService } from '@haven/http';
import { SessionService } from '../session/session.service.js';
import { AccountRepository } from './account.repository.js';
import { LdapCredentials } from '../ldap/ldap-credentials.service.js';
import { LdapModule } from '../ldap/ldap.module.js';
import { OidcAccountService } from '../oidc/oidc-account.service.js';
import { OidcBearer } from '../oidc/oidc-bearer.service.js';
import { OidcClient } from '../oidc/oidc.client.js';
import { OidcRenewal } from '../oidc/oidc-renewal.service.js';
import { OidcUserRepository } from '../oidc/oidc-user.repository.js';
import { OidcVault } from '../oidc/oidc-vault.js';
import { OidcCredentials } from '../oidc/oidc-credentials.service.js';
import { RobotRepository } from '../robot/robot.repository.js';
import { RobotCredentials } from '../robot/robot-credentials.service.js';
import { AuthenticationService } from './authentication.service.js';
import { DatabaseCredentials } from './database-credentials.service.js';

/** Who somebody is, and what they may do: asked for by the hooks, the guard and many services. */
@Global()
@Module({
  imports: [LdapModule],
  providers: [
    AccountRepository,
    AuthenticationService,
    AccessService,
    DatabaseCredentials,
    LdapCredentials,
    OidcAccountService,
    OidcBearer,
    OidcClient,
    OidcCredentials,
    OidcRenewal,
    OidcUserRepository,
    OidcVault,
    RobotCredentials,
    RobotRepository,
    SessionService,
  ],
  exports: [
    AccountRepository,
    AuthenticationService,
    AccessService,
    OidcAccountService,
    OidcBearer,
    OidcClient,
    OidcUserRepository,
    OidcVault,
    RobotRepository,
    SessionService,
  ],
})
export class SecurityModule {}
