import { Controller, Delete, Get, Inject, Post, Put, Query } from '@nestjs/common';
import {
  authenticated,
  IdParam,
  inSystem,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { presentGroup, presentGroupName } from './user-group.presenter.js';
import { userGroupBody, withGroupParams, withSearchedName, type UserGroupBody } from './user-group.schema.js';
import { UserGroupService } from './user-group.service.js';

@Controller('/api/v2.0/usergroups')
export class UserGroupController {
  constructor(@Inject(UserGroupService) private readonly groups: UserGroupService) {}

  @Get()
  @Operation('listUserGroups', inSystem('user-group', 'list'))
  async list(@Listing() query: ListQuery, @Query() params: unknown, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.groups.list(withGroupParams(query, params)), query).map(presentGroup);
  }

  @Post()
  @Operation('createUserGroup', inSystem('user-group', 'create'))
  async create(@JsonBody(userGroupBody) body: UserGroupBody, @Reply() reply: FastifyReply): Promise<void> {
    sendCreated(reply, await this.groups.create(body));
  }

  @Get('search')
  @Operation('searchUserGroups', authenticated())
  async search(@Listing() query: ListQuery, @Query() params: unknown, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.groups.list(withSearchedName(query, params)), query).map(presentGroupName);
  }

  @Get(':group_id')
  @Operation('getUserGroup', inSystem('user-group', 'read'))
  async get(@IdParam('group_id') id: number): Promise<object> {
    return presentGroup(await this.groups.get(id));
  }

  @Put(':group_id')
  @Operation('updateUserGroup', inSystem('user-group', 'update'))
  rename(@IdParam('group_id') id: number, @JsonBody(userGroupBody) body: UserGroupBody): Promise<void> {
    return this.groups.rename(id, body);
  }

  @Delete(':group_id')
  @Operation('deleteUserGroup', inSystem('user-group', 'delete'))
  remove(@IdParam('group_id') id: number): Promise<void> {
    return this.groups.remove(id);
  }
}
