import type { Readable } from 'node:stream';
import { Controller, Get, Inject, Post, Put } from '@nestjs/common';
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
import type { FastifyReply } from 'fastify';
import { SystemScheduleService } from '../system-schedule/system-schedule.service.js';
import { presentDamaged, presentScrub, presentScrubReport } from './scrub.presenter.js';
import { scrubBody, type ScrubBody } from './scrub.schema.js';
import { ScrubService } from './scrub.service.js';

const vendor = 'SCRUB';

/** Ours, beside Harbor's garbage collection: what is stored is held against what is known of it. */
@Controller('/api/v2.0/system/scrub')
export class ScrubController {
  constructor(
    @Inject(ScrubService) private readonly scrubs: ScrubService,
    @Inject(SystemScheduleService) private readonly system: SystemScheduleService,
  ) {}

  @Post()
  @Operation('startScrub', inSystem('garbage-collection', 'create'))
  async start(@JsonBody(scrubBody) body: ScrubBody, @Reply() reply: FastifyReply): Promise<void> {
    sendCreated(reply, await this.scrubs.start(body));
  }

  @Get()
  @Operation('listScrubs', inSystem('garbage-collection', 'list'))
  async history(@Listing() query: ListQuery, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.system.history(vendor, query), query).map(presentScrub);
  }

  @Get('/damaged')
  @Operation('listDamagedBlobs', inSystem('garbage-collection', 'list'))
  async damaged(@Listing() query: ListQuery, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.scrubs.damaged(query), query).map(presentDamaged);
  }

  @Get('/:scrub_id')
  @Operation('getScrub', inSystem('garbage-collection', 'read'))
  async get(@IdParam('scrub_id') id: number): Promise<object> {
    return presentScrubReport(await this.scrubs.get(id));
  }

  @Put('/:scrub_id')
  @Operation('stopScrub', inSystem('garbage-collection', 'stop'))
  stop(@IdParam('scrub_id') id: number): Promise<void> {
    return this.system.stop(vendor, id);
  }

  @Get('/:scrub_id/log')
  @Operation('getScrubLog', inSystem('garbage-collection', 'read'))
  async log(@IdParam('scrub_id') id: number, @Reply() reply: FastifyReply): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.system.log(vendor, id);
  }
}
