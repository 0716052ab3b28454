import { Global, Module } from '@nestjs/common';
import { AccessService, PROJECT_DIRECTORY } from '@haven/http';
import { SessionService } from '../session/session.service.js';
import { AccountRepository } from './account.repository.js';
import { AuthenticationService } from './authentication.service.js';
import { ProjectDirectoryRepository } from './project-directory.repository.js';

/** Who somebody is, and what they may do: asked for by the hooks, the guard and many services. */
@Global()
@Module({
  providers: [
    AccountRepository,
    AuthenticationService,
    AccessService,
    SessionService,
    { provide: PROJECT_DIRECTORY, useClass: ProjectDirectoryRepository },
  ],
  exports: [AccountRepository, AuthenticationService, AccessService, SessionService, PROJECT_DIRECTORY],
})
export class SecurityModule {}
