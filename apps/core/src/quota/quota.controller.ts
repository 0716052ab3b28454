import { Controller, Get, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import {
  IdParam,
  inSystem,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendPage,
  systemAdmin,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { presentQuota } from './quota.presenter.js';
import { quotaBody, withQuotaParams, type QuotaBody } from './quota.schema.js';
import { QuotaService } from './quota.service.js';

@Controller('/api')
export class QuotaController {
  constructor(@Inject(QuotaService) private readonly quotas: QuotaService) {}

  @Get('/v2.0/quotas')
  @Operation('listQuotas', inSystem('quota', 'list'))
  async list(@Listing() query: ListQuery, @Query() params: unknown, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.quotas.list(withQuotaParams(query, params)), query).map(presentQuota);
  }

  @Get('/v2.0/quotas/:id')
  @Operation('getQuota', inSystem('quota', 'read'))
  async get(@IdParam('id') id: number): Promise<object> {
    return presentQuota(await this.quotas.get(id));
  }

  @Put('/v2.0/quotas/:id')
  @Operation('updateQuota', inSystem('quota', 'update'))
  update(@CurrentActor() actor: Actor, @IdParam('id') id: number, @JsonBody(quotaBody) body: QuotaBody): Promise<void> {
    return this.quotas.update(actor, id, body);
  }

  /** Outside Harbor's description, as with Harbor; but nothing becomes read-only meanwhile. */
  @Post('/internal/syncquota')
  @HttpCode(200)
  @Operation('syncQuota', systemAdmin())
  sync(): Promise<void> {
    return this.quotas.sync();
  }
}
