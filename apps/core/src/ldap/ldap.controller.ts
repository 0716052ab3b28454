import { Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { inSystem, JsonBody, Operation, Reply } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { presentFailedImport, presentLdapGroup, presentLdapUser, presentPing } from './ldap.presenter.js';
import {
  ldapConf,
  ldapImportUsers,
  searchedGroup,
  searchedUser,
  type LdapConf,
  type LdapImportUsers,
} from './ldap.schema.js';
import { LdapService } from './ldap.service.js';

@Controller('/api/v2.0/ldap')
export class LdapController {
  constructor(@Inject(LdapService) private readonly ldap: LdapService) {}

  @Post('ping')
  @HttpCode(200)
  @Operation('pingLdap', inSystem('configuration', 'read'))
  async ping(@JsonBody(ldapConf) conf: LdapConf): Promise<object> {
    return presentPing(await this.ldap.ping(conf));
  }

  @Get('users/search')
  @Operation('searchLdapUser', inSystem('ldap-user', 'list'))
  async searchUsers(@Query() params: unknown): Promise<object[]> {
    return (await this.ldap.searchUsers(searchedUser(params))).map(presentLdapUser);
  }

  @Post('users/import')
  @HttpCode(200)
  @Operation('importLdapUser', inSystem('ldap-user', 'create'))
  async importUsers(
    @CurrentActor() actor: Actor,
    @JsonBody(ldapImportUsers) body: LdapImportUsers,
    @Reply() reply: FastifyReply,
  ): Promise<object[] | undefined> {
    const failures = await this.ldap.importUsers(actor, body.ldap_uid_list);
    if (failures.length === 0) return undefined;
    reply.status(404);
    return failures.map(presentFailedImport);
  }

  @Get('groups/search')
  @Operation('searchLdapGroup', inSystem('ldap-user', 'list'))
  async searchGroups(@Query() params: unknown): Promise<object[]> {
    return (await this.ldap.searchGroups(searchedGroup(params))).map(presentLdapGroup);
  }
}
