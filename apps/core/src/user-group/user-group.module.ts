import { Module } from '@nestjs/common';
import { LdapModule } from '../ldap/ldap.module.js';
import { UserGroupController } from './user-group.controller.js';
import { UserGroupRepository } from './user-group.repository.js';
import { UserGroupService } from './user-group.service.js';

@Module({
  imports: [LdapModule],
  controllers: [UserGroupController],
  providers: [UserGroupService, UserGroupRepository],
})
export class UserGroupModule {}
