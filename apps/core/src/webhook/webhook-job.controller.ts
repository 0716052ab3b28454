import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  CurrentProject,
  inProject,
  integerParam,
  Listing,
  Operation,
  Reply,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import { Errors } from '@haven/errors';
import type { FastifyReply } from 'fastify';
import { presentWebhookJob } from './webhook.presenter.js';
import { WebhookService } from './webhook.service.js';

/** The list of deliveries as older clients ask for it. */
@Controller('/api/v2.0/projects/:project_name_or_id/webhook/jobs')
export class WebhookJobController {
  constructor(@Inject(WebhookService) private readonly webhooks: WebhookService) {}

  @Get()
  @Operation('ListWebhookJobs', inProject('notification-policy', 'list'))
  async list(
    @CurrentProject() project: ProjectIdentity,
    @Query() params: unknown,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    const policyId = integerParam(params, 'policy_id');
    if (policyId === undefined) throw Errors.unprocessable('policy_id in query is required');
    const page = await this.webhooks.deliveries(project, policyId, query);
    return sendPage(reply, page, query).map(presentWebhookJob);
  }
}
