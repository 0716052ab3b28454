import { Module } from '@nestjs/common';
import { LdapModule } from '../ldap/ldap.module.js';
import { MemberController } from './member.controller.js';
import { MemberOnboarding } from './member-onboarding.service.js';
import { MemberRepository } from './member.repository.js';
import { MemberService } from './member.service.js';

@Module({
  imports: [LdapModule],
  controllers: [MemberController],
  providers: [MemberService, MemberOnboarding, MemberRepository],
})
export class MemberModule {}
