import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Sql } from '@haven/models';
import { startExecution } from '@haven/queue';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { WebhookEvent, WebhookEventType } from './webhook-event.js';
import { httpMessage, slackMessage } from './webhook-payload.js';
import { WebhookRepository } from './webhook.repository.js';

/** Starts a delivery to each target that wants to hear of something. */
@Injectable()
export class WebhookDispatcher {
  constructor(
    @Inject(WebhookRepository) private readonly policies: WebhookRepository,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** Which of these projects have somebody who wants to hear of one of these types. */
  async projectsThatListen(
    tx: Sql,
    projectIds: readonly number[],
    types: readonly WebhookEventType[],
  ): Promise<number[]> {
    if (!this.configuration.value('notification_enable')) return [];
    const policies = await this.policies.interested(tx, projectIds, types);
    return [...new Set(policies.map(({ projectId }) => projectId))];
  }

  /** In the transaction that books what happened, so that each is told once. One query, however many events. */
  async dispatch(tx: Sql, events: readonly WebhookEvent[]): Promise<void> {
    if (events.length === 0 || !this.configuration.value('notification_enable')) return;
    const projects = [...new Set(events.map(({ projectId }) => projectId))];
    const types = [...new Set(events.map(({ type }) => type))];
    const policies = await this.policies.interested(tx, projects, types);
    for (const event of events) {
      for (const policy of policies) {
        if (policy.projectId !== event.projectId || !policy.eventTypes.includes(event.type)) continue;
        for (const target of policy.targets) {
          const ids = { messageId: randomUUID(), requestId: event.requestId };
          const message =
            target.type === 'slack' ? slackMessage(event) : httpMessage(event, target.format, policy.id, ids);
          await startExecution(tx, {
            vendorType: target.type === 'slack' ? 'SLACK' : 'WEBHOOK',
            vendorId: policy.id,
            trigger: 'EVENT',
            lane: `project:${policy.projectId}`,
            parameters: { policyId: policy.id, targetId: target.id, ...message },
            attributes: { event_type: event.type, payload: message.body },
          });
        }
      }
    }
  }
}
