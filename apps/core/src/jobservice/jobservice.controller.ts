import type { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { inSystem, JsonBody, Operation, Reply } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { presentPool, presentQueue, presentWorker } from './jobservice.presenter.js';
import { JobserviceService } from './jobservice.service.js';

/** Harbor's ActionRequest. */
const actionBody = z.object({ action: z.string().max(16) });

@Controller('/api/v2.0/jobservice')
export class JobserviceController {
  constructor(@Inject(JobserviceService) private readonly jobs: JobserviceService) {}

  @Get('/pools')
  @Operation('getWorkerPools', inSystem('jobservice-monitor', 'list'))
  async pools(): Promise<object[]> {
    return (await this.jobs.pools()).map(presentPool);
  }

  @Get('/pools/:pool_id/workers')
  @Operation('getWorkers', inSystem('jobservice-monitor', 'list'))
  async workers(@Param('pool_id') poolId: string): Promise<object[]> {
    return (await this.jobs.workers(poolId)).map(presentWorker);
  }

  @Put('/jobs/:job_id')
  @Operation('stopRunningJob', inSystem('jobservice-monitor', 'stop'))
  stop(@Param('job_id') jobId: string): Promise<void> {
    return this.jobs.stop(jobId);
  }

  @Get('/jobs/:job_id/log')
  @Operation('actionGetJobLog', inSystem('jobservice-monitor', 'list'))
  async log(@Param('job_id') jobId: string, @Reply() reply: FastifyReply): Promise<Readable> {
    reply.type('text/plain; charset=utf-8');
    return this.jobs.log(jobId);
  }

  @Get('/queues')
  @Operation('listJobQueues', inSystem('jobservice-monitor', 'list'))
  async queues(): Promise<object[]> {
    return (await this.jobs.queues()).map(presentQueue);
  }

  @Put('/queues/:job_type')
  @Operation('actionPendingJobs', inSystem('jobservice-monitor', 'stop'))
  act(@Param('job_type') job: string, @JsonBody(actionBody) body: z.infer<typeof actionBody>): Promise<void> {
    return this.jobs.act(job, body.action);
  }
}
