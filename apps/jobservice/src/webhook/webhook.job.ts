import { Inject, Injectable } from '@nestjs/common';
import type { JobContext, JobHandler, JobParameters } from '@haven/queue';
import { Delivery } from './delivery.service.js';

/** Tells a target of type http. */
@Injectable()
export class WebhookJob implements JobHandler<'WEBHOOK'> {
  readonly job = 'WEBHOOK';

  constructor(@Inject(Delivery) private readonly delivery: Delivery) {}

  run(message: JobParameters<'WEBHOOK'>, context: JobContext): Promise<void> {
    return this.delivery.send(message, context);
  }
}

/** Tells a channel of Slack, one message at a time. */
@Injectable()
export class SlackJob implements JobHandler<'SLACK'> {
  readonly job = 'SLACK';

  constructor(@Inject(Delivery) private readonly delivery: Delivery) {}

  run(message: JobParameters<'SLACK'>, context: JobContext): Promise<void> {
    return this.delivery.send(message, context);
  }
}
