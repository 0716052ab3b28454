import type { PayloadFormat, WebhookEvent, WebhookEventType } from './webhook-event.js';

/** What is sent to a target. */
export interface WebhookMessage {
  contentType: string;
  body: string;
}

const cloudEventTypes: Record<WebhookEventType, string> = {
  DELETE_ARTIFACT: 'harbor.artifact.deleted',
  PULL_ARTIFACT: 'harbor.artifact.pulled',
  PUSH_ARTIFACT: 'harbor.artifact.pushed',
  QUOTA_EXCEED: 'harbor.quota.exceeded',
  QUOTA_WARNING: 'harbor.quota.warned',
  REPLICATION: 'harbor.replication.status.changed',
  SCANNING_FAILED: 'harbor.scan.failed',
  SCANNING_COMPLETED: 'harbor.scan.completed',
  SCANNING_STOPPED: 'harbor.scan.stopped',
  TAG_RETENTION: 'harbor.tag_retention.finished',
};

/**
 * Puts an event into the words of a target of type http.
 * @param ids of the message (a uuid), and of the request that caused it
 * @see https://github.com/cloudevents/spec/blob/v1.0/json-format.md
 */
export function httpMessage(
  event: WebhookEvent,
  format: PayloadFormat,
  policyId: number,
  ids: { messageId: string; requestId: string },
): WebhookMessage {
  const { type, occurredAt, operator, data, projectId } = event;
  if (format === 'Default') {
    const body = JSON.stringify({ type, occur_at: occurredAt, operator, event_data: data });
    return { contentType: 'application/json', body };
  }
  const body = JSON.stringify({
    specversion: '1.0',
    id: ids.messageId,
    source: `/projects/${projectId}/webhook/policies/${policyId}`,
    type: cloudEventTypes[type],
    datacontenttype: 'application/json',
    time: new Date(occurredAt * 1_000).toISOString().replace('.000Z', 'Z'),
    data,
    operator,
    requestid: ids.requestId,
  });
  return { contentType: 'application/cloudevents+json', body };
}

const section = (text: string): object => ({ type: 'section', text: { type: 'mrkdwn', text } });

/** Slack takes so many characters in one block. */
const longestBlock = 3_000;

/** Puts an event into the words of a target of type slack (Block Kit), as Harbor does. */
export function slackMessage({ type, occurredAt, operator, data }: WebhookEvent): WebhookMessage {
  const code = '```';
  const details = JSON.stringify(data, null, '\t').slice(0, longestBlock - 2 * code.length);
  const blocks = [
    section('*Harbor webhook events*'),
    section(`*event_type:* ${type}`),
    section(`*occur_at:* <!date^${occurredAt}^{date} at {time}|February 18th, 2014 at 6:39 AM PST>`),
    section(`*operator:* ${operator}`),
    section('*event_data:*'),
    section(`${code}${details}${code}`),
  ];
  return { contentType: 'application/json', body: JSON.stringify({ blocks }) };
}
