import type { Readable } from 'node:stream';
import { Controller, Get, Inject, Post, Put } from '@nestjs/common';
import { IdParam, inSystem, JsonBody, Listing, Operation, Reply, sendPage, type ListQuery } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { presentHistory, presentSystemSchedule } from '../system-schedule/system-schedule.presenter.js';
import { scheduleBody, type ScheduleBody } from '../system-schedule/system-schedule.schema.js';
import { SystemScheduleService } from '../system-schedule/system-schedule.service.js';
import { requireCollection } from './gc.schema.js';

const vendor = 'GARBAGE_COLLECTION';
const path = '/api/v2.0/system/gc';

@Controller(path)
export class GcController {
  constructor(@Inject(SystemScheduleService) private readonly schedules: SystemScheduleService) {}

  @Get('/schedule')
  @Operation('getGCSchedule', inSystem('garbage-collection', 'read'))
  async schedule(): Promise<object> {
    return presentSystemSchedule(await this.schedules.schedule(vendor));
  }

  @Post('/schedule')
  @Operation('createGCSchedule', inSystem('garbage-collection', 'create'))
  async create(@JsonBody(scheduleBody) body: ScheduleBody, @Reply() reply: FastifyReply): Promise<void> {
    reply.code(201).header('location', `${path}/${await this.apply(body)}`);
  }

  @Put('/schedule')
  @Operation('updateGCSchedule', inSystem('garbage-collection', 'update'))
  async update(@JsonBody(scheduleBody) body: ScheduleBody): Promise<void> {
    await this.apply(body);
  }

  @Get()
  @Operation('getGCHistory', inSystem('garbage-collection', 'list'))
  async history(@Listing() query: ListQuery, @Reply() reply: FastifyReply): Promise<object[]> {
    const page = await this.schedules.history(vendor, query);
    return sendPage(reply, page, query).map((execution) => presentHistory(vendor, execution));
  }

  @Get('/:gc_id')
  @Operation('getGC', inSystem('garbage-collection', 'read'))
  async get(@IdParam('gc_id') id: number): Promise<object> {
    return presentHistory(vendor, await this.schedules.execution(vendor, id));
  }

  @Put('/:gc_id')
  @Operation('stopGC', inSystem('garbage-collection', 'stop'))
  stop(@IdParam('gc_id') id: number): Promise<void> {
    return this.schedules.stop(vendor, id);
  }

  @Get('/:gc_id/log')
  @Operation('getGCLog', inSystem('garbage-collection', 'read'))
  async log(@IdParam('gc_id') id: number, @Reply() reply: FastifyReply): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.schedules.log(vendor, id);
  }

  private apply(body: ScheduleBody): Promise<number> {
    const { when, parameters, attributes } = requireCollection(body);
    return this.schedules.apply(vendor, when, parameters, attributes);
  }
}
