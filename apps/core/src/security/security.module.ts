import { Global, Module } from '@nestjs/common';
import { AccessService } from '@haven/http';
import { SessionService } from '../session/session.service.js';
import { AccountRepository } from './account.repository.js';
import { LdapCredentials } from '../ldap/ldap-credentials.service.js';
import { OidcCredentials } from '../oidc/oidc-credentials.service.js';
import { RobotRepository } from '../robot/robot.repository.js';
import { RobotCredentials } from '../robot/robot-credentials.service.js';
import { AuthenticationService } from './authentication.service.js';
import { DatabaseCredentials } from './database-credentials.service.js';

/** Who somebody is, and what they may do: asked for by the hooks, the guard and many services. */
@Global()
@Module({
  providers: [
    AccountRepository,
    AuthenticationService,
    AccessService,
    DatabaseCredentials,
    LdapCredentials,
    OidcCredentials,
    RobotCredentials,
    RobotRepository,
    SessionService,
  ],
  exports: [AccountRepository, AuthenticationService, AccessService, SessionService],
})
export class SecurityModule {}
