import { Controller, Get, Inject, Param } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { authenticated, inSystem, Listing, Operation, Reply, sendPage, type ListQuery } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { presentSchedule } from './jobservice.presenter.js';
import { JobserviceService } from './jobservice.service.js';

@Controller('/api/v2.0/schedules')
export class ScheduleController {
  constructor(@Inject(JobserviceService) private readonly jobs: JobserviceService) {}

  @Get()
  @Operation('listSchedules', inSystem('jobservice-monitor', 'list'))
  async list(@Listing() query: ListQuery, @Reply() reply: FastifyReply): Promise<object[]> {
    return sendPage(reply, await this.jobs.schedules(query), query).map(presentSchedule);
  }

  /** As with Harbor, only all of them together can be paused. @throws AppError BAD_REQUEST */
  @Get('/:job_type/paused')
  @Operation('getSchedulePaused', authenticated())
  async paused(@Param('job_type') job: string): Promise<object> {
    if (job.toLowerCase() !== 'all') throw Errors.badRequest("job_type can only be 'all'");
    return { paused: await this.jobs.areSchedulesPaused() };
  }
}
