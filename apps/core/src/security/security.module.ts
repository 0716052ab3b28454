import { Global, Module } from '@nestjs/common';
import { AccessService } from '@haven/http';
import { SessionService } from '../session/session.service.js';
import { AccountRepository } from './account.repository.js';
import { AuthenticationService } from './authentication.service.js';

/** Who somebody is, and what they may do: asked for by the hooks, the guard and many services. */
@Global()
@Module({
  providers: [AccountRepository, AuthenticationService, AccessService, SessionService],
  exports: [AccountRepository, AuthenticationService, AccessService, SessionService],
})
export class SecurityModule {}
