import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module.js';
import { OidcCookieService } from './oidc-cookie.service.js';
import { OidcLoginService } from './oidc-login.service.js';
import { OidcOnboarding } from './oidc-onboarding.service.js';
import { OidcController } from './oidc.controller.js';

/** Who a provider's users are, is for the security module to find out; this is how they come and go. */
@Module({
  imports: [SessionModule],
  controllers: [OidcController],
  providers: [OidcCookieService, OidcLoginService, OidcOnboarding],
})
export class OidcModule {}
