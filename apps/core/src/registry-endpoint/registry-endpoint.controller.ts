import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import {
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
import { remoteTypes } from '@haven/registry-client';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { presentAbilities, presentAdapterPatterns, presentRegistry } from './registry-endpoint.presenter.js';
import {
  registryBody,
  registryPing,
  registryUpdate,
  withRegistryParams,
  type RegistryBody,
  type RegistryPing,
  type RegistryUpdate,
} from './registry-endpoint.schema.js';
import { RegistryEndpointService } from './registry-endpoint.service.js';

@Controller('/api/v2.0')
export class RegistryEndpointController {
  constructor(@Inject(RegistryEndpointService) private readonly registries: RegistryEndpointService) {}

  @Get('replication/adapters')
  @Operation('listRegistryProviderTypes', inSystem('replication-adapter', 'list'))
  adapters(): readonly string[] {
    return remoteTypes;
  }

  @Get('replication/adapterinfos')
  @Operation('listRegistryProviderInfos', inSystem('replication-adapter', 'list'))
  adapterInfos(): object {
    return presentAdapterPatterns();
  }

  @Get('registries')
  @Operation('listRegistries', inSystem('registry', 'list'))
  async list(@Listing() query: ListQuery, @Query() params: unknown, @Reply() reply: FastifyReply): Promise<object[]> {
    const page = await this.registries.list(withRegistryParams(query, params));
    return sendPage(reply, page, query).map(presentRegistry);
  }

  @Post('registries')
  @Operation('createRegistry', inSystem('registry', 'create'))
  async create(
    @CurrentActor() actor: Actor,
    @JsonBody(registryBody) body: RegistryBody,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    sendCreated(reply, await this.registries.create(actor, body));
  }

  @Post('registries/ping')
  @HttpCode(200)
  @Operation('pingRegistry', inSystem('registry', 'read'))
  ping(@JsonBody(registryPing) body: RegistryPing): Promise<void> {
    return this.registries.ping(body);
  }

  @Get('registries/:id')
  @Operation('getRegistry', inSystem('registry', 'read'))
  async get(@IdParam('id') id: number): Promise<object> {
    return presentRegistry(await this.registries.get(id));
  }

  @Put('registries/:id')
  @Operation('updateRegistry', inSystem('registry', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @IdParam('id') id: number,
    @JsonBody(registryUpdate) body: RegistryUpdate,
  ): Promise<void> {
    return this.registries.update(actor, id, body);
  }

  @Delete('registries/:id')
  @Operation('deleteRegistry', inSystem('registry', 'delete'))
  remove(@CurrentActor() actor: Actor, @IdParam('id') id: number): Promise<void> {
    return this.registries.remove(actor, id);
  }

  @Get('registries/:id/info')
  @Operation('getRegistryInfo', inSystem('registry', 'read'))
  async info(@IdParam('id') id: number): Promise<object> {
    return presentAbilities(await this.registries.abilities(id));
  }
}
