import type { Readable } from 'node:stream';
import { Controller, Get, Inject, Post, Put } from '@nestjs/common';
import { IdParam, inSystem, JsonBody, Listing, Operation, Reply, sendPage, type ListQuery } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { presentHistory, presentSystemSchedule } from '../system-schedule/system-schedule.presenter.js';
import { scheduleBody, type ScheduleBody } from '../system-schedule/system-schedule.schema.js';
import { SystemScheduleService } from '../system-schedule/system-schedule.service.js';
import { requirePurge } from './purge.schema.js';

const vendor = 'PURGE_AUDIT_LOG';
const path = '/api/v2.0/system/purgeaudit';

@Controller(path)
export class PurgeController {
  constructor(@Inject(SystemScheduleService) private readonly schedules: SystemScheduleService) {}

  @Get('/schedule')
  @Operation('getPurgeSchedule', inSystem('purge-audit', 'read'))
  async schedule(): Promise<object> {
    return presentSystemSchedule(await this.schedules.schedule(vendor));
  }

  @Post('/schedule')
  @Operation('createPurgeSchedule', inSystem('purge-audit', 'create'))
  async create(@JsonBody(scheduleBody) body: ScheduleBody, @Reply() reply: FastifyReply): Promise<void> {
    reply.code(201).header('location', `${path}/${await this.apply(body)}`);
  }

  @Put('/schedule')
  @Operation('updatePurgeSchedule', inSystem('purge-audit', 'update'))
  async update(@JsonBody(scheduleBody) body: ScheduleBody): Promise<void> {
    await this.apply(body);
  }

  @Get()
  @Operation('getPurgeHistory', inSystem('purge-audit', 'list'))
  async history(@Listing() query: ListQuery, @Reply() reply: FastifyReply): Promise<object[]> {
    const page = await this.schedules.history(vendor, query);
    return sendPage(reply, page, query).map((execution) => presentHistory(vendor, execution));
  }

  @Get('/:purge_id')
  @Operation('getPurgeJob', inSystem('purge-audit', 'read'))
  async get(@IdParam('purge_id') id: number): Promise<object> {
    return presentHistory(vendor, await this.schedules.execution(vendor, id));
  }

  @Put('/:purge_id')
  @Operation('stopPurge', inSystem('purge-audit', 'stop'))
  stop(@IdParam('purge_id') id: number): Promise<void> {
    return this.schedules.stop(vendor, id);
  }

  @Get('/:purge_id/log')
  @Operation('getPurgeJobLog', inSystem('purge-audit', 'read'))
  async log(@IdParam('purge_id') id: number, @Reply() reply: FastifyReply): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.schedules.log(vendor, id);
  }

  private apply(body: ScheduleBody): Promise<number> {
    const { when, parameters, attributes } = requirePurge(body);
    return this.schedules.apply(vendor, when, parameters, attributes);
  }
}
