import { Module } from '@nestjs/common';
import { LdapAccountRepository } from './ldap-account.repository.js';
import { LdapDirectory } from './ldap-directory.service.js';
import { LdapOnboarding } from './ldap-onboarding.service.js';
import { LdapController } from './ldap.controller.js';
import { LdapService } from './ldap.service.js';

@Module({
  controllers: [LdapController],
  providers: [LdapService, LdapDirectory, LdapOnboarding, LdapAccountRepository],
  exports: [LdapDirectory, LdapOnboarding],
})
export class LdapModule {}
