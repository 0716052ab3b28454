import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { ExecutionEndedService } from './execution-ended.service.js';
import { QuotaExceededEvents } from './quota-exceeded.events.js';
import { QuotaWarningEvents } from './quota-warning.events.js';
import { WebhookJobController } from './webhook-job.controller.js';
import { WebhookController } from './webhook.controller.js';
import { WebhookDispatcher } from './webhook.dispatcher.js';
import { WebhookEvents } from './webhook.events.js';
import { WebhookRepository } from './webhook.repository.js';
import { WebhookService } from './webhook.service.js';

@Module({
  imports: [ExecutionModule],
  controllers: [WebhookController, WebhookJobController],
  providers: [
    WebhookService,
    WebhookRepository,
    WebhookDispatcher,
    WebhookEvents,
    QuotaWarningEvents,
    QuotaExceededEvents,
    ExecutionEndedService,
  ],
  exports: [WebhookDispatcher, WebhookEvents, QuotaWarningEvents, QuotaExceededEvents],
})
export class WebhookModule {}
