import { Controller, Delete, Get, Inject, Post, Put, Query, Req } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  authenticated,
  CurrentPrincipal,
  IdParam,
  inSystem,
  JsonBody,
  Listing,
  open,
  Operation,
  Reply,
  selfOrSystem,
  sendCreated,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { OidcAccountService } from '../oidc/oidc-account.service.js';
import { cliSecretBody, type CliSecretBody } from '../oidc/oidc.schema.js';
import { readCookie } from '../session/cookie.js';
import { sessionCookie } from '../session/session.service.js';
import { CurrentPermissionService } from './current-permission.service.js';
import { presentUser, presentUserName } from './user.presenter.js';
import {
  creationBody,
  passwordBody,
  permissionQuery,
  profileBody,
  searchedName,
  sysAdminBody,
  withUserParams,
  type CreationBody,
  type PasswordBody,
  type ProfileBody,
  type SysAdminBody,
} from './user.schema.js';
import { UserService } from './user.service.js';

@Controller('/api/v2.0/users')
export class UserController {
  constructor(
    @Inject(UserService) private readonly users: UserService,
    @Inject(CurrentPermissionService) private readonly permissions: CurrentPermissionService,
    @Inject(OidcAccountService) private readonly oidcAccounts: OidcAccountService,
  ) {}

  @Get()
  @Operation('listUsers', inSystem('user', 'list'))
  async list(@Listing() query: ListQuery, @Query() params: unknown, @Reply() reply: FastifyReply): Promise<object[]> {
    const page = await this.users.list(withUserParams(query, params));
    return sendPage(reply, page, query).map((row) => presentUser(row));
  }

  @Post()
  @Operation('createUser', open())
  async create(
    @CurrentActor() actor: Actor,
    @JsonBody(creationBody) body: CreationBody,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    const carriesSession = readCookie(request.headers.cookie, sessionCookie) !== null;
    sendCreated(reply, await this.users.create(actor, body, carriesSession));
  }

  @Get('current')
  @Operation('getCurrentUserInfo', authenticated())
  async getCurrent(@CurrentActor() actor: Actor): Promise<object> {
    return presentUser(await this.users.getCurrent(actor), actor.principal);
  }

  @Get('current/permissions')
  @Operation('getCurrentUserPermissions', authenticated())
  listPermissions(@CurrentPrincipal() viewer: Principal, @Query() params: unknown): Promise<object[]> {
    return this.permissions.list(viewer, permissionQuery(params));
  }

  @Get('search')
  @Operation('searchUsers', authenticated())
  async search(@Listing() query: ListQuery, @Query() params: unknown, @Reply() reply: FastifyReply): Promise<object[]> {
    const page = await this.users.search(searchedName(params), query);
    return sendPage(reply, page, query).map(presentUserName);
  }

  @Get(':user_id')
  @Operation('getUser', selfOrSystem('user', 'read'))
  async get(@CurrentPrincipal() viewer: Principal, @IdParam('user_id') userId: number): Promise<object> {
    return presentUser(await this.users.get(userId, viewer), viewer);
  }

  @Put(':user_id')
  @Operation('updateUserProfile', selfOrSystem('user', 'update'))
  updateProfile(
    @CurrentActor() actor: Actor,
    @IdParam('user_id') userId: number,
    @JsonBody(profileBody) body: ProfileBody,
  ): Promise<void> {
    return this.users.updateProfile(actor, userId, body);
  }

  @Delete(':user_id')
  @Operation('deleteUser', inSystem('user', 'delete'))
  remove(@CurrentActor() actor: Actor, @IdParam('user_id') userId: number): Promise<void> {
    return this.users.remove(actor, userId);
  }

  @Put(':user_id/sysadmin')
  @Operation('setUserSysAdmin', inSystem('user', 'update'))
  updateSysAdmin(
    @CurrentActor() actor: Actor,
    @IdParam('user_id') userId: number,
    @JsonBody(sysAdminBody) body: SysAdminBody,
  ): Promise<void> {
    return this.users.updateSysAdmin(actor, userId, body.sysadmin_flag);
  }

  @Put(':user_id/password')
  @Operation('updateUserPassword', selfOrSystem('user', 'update'))
  updatePassword(
    @CurrentActor() actor: Actor,
    @IdParam('user_id') userId: number,
    @JsonBody(passwordBody) body: PasswordBody,
  ): Promise<void> {
    return this.users.updatePassword(actor, userId, body);
  }

  @Put(':user_id/cli_secret')
  @Operation('setCliSecret', selfOrSystem('user', 'update'))
  setCliSecret(
    @CurrentActor() actor: Actor,
    @IdParam('user_id') userId: number,
    @JsonBody(cliSecretBody) { secret }: CliSecretBody,
  ): Promise<void> {
    return this.oidcAccounts.setSecret(actor, userId, secret);
  }
}
