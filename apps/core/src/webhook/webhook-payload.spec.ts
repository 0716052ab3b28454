import type { WebhookEvent } from './webhook-event.js';
import { httpMessage, slackMessage } from './webhook-payload.js';

const event: WebhookEvent = {
  type: 'PUSH_ARTIFACT',
  projectId: 7,
  occurredAt: 1_780_000_000,
  requestId: 'request-1',
  operator: 'alice',
  data: {
    resources: [{ digest: 'sha256:1', tag: 'v1', resource_url: 'haven.example.com/library/app:v1' }],
    repository: {
      date_created: 1_770_000_000,
      name: 'app',
      namespace: 'library',
      repo_full_name: 'library/app',
      repo_type: 'private',
    },
  },
};
const ids = { messageId: '4b2f89a6-548d-4c12-9993-a1f5790b97d2', requestId: 'request-1' };

describe('the payload of a webhook', () => {
  it('is Harbor’s own by default', () => {
    const { contentType, body } = httpMessage(event, 'Default', 3, ids);
    expect(contentType).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      type: 'PUSH_ARTIFACT',
      occur_at: 1_780_000_000,
      operator: 'alice',
      event_data: event.data,
    });
  });

  it('is a CloudEvent where the target wants one', () => {
    const { contentType, body } = httpMessage(event, 'CloudEvents', 3, ids);
    expect(contentType).toBe('application/cloudevents+json');
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: ids.messageId,
      source: '/projects/7/webhook/policies/3',
      type: 'harbor.artifact.pushed',
      datacontenttype: 'application/json',
      time: '2026-05-28T20:26:40Z',
      data: event.data,
      operator: 'alice',
      requestid: 'request-1',
    });
  });

  it('is blocks for Slack, however much there is to say', () => {
    const { body } = slackMessage({ ...event, data: { text: 'x'.repeat(10_000) } });
    const { blocks } = JSON.parse(body) as { blocks: { text: { text: string } }[] };
    expect(blocks.map(({ text }) => text.text).slice(0, 5)).toEqual([
      '*Harbor webhook events*',
      '*event_type:* PUSH_ARTIFACT',
      '*occur_at:* <!date^1780000000^{date} at {time}|February 18th, 2014 at 6:39 AM PST>',
      '*operator:* alice',
      '*event_data:*',
    ]);
    expect(blocks[5]?.text.text.length).toBeLessThanOrEqual(3_000);
    expect(slackMessage(event).body).toContain('\\"repo_full_name\\": \\"library/app\\"');
  });
});
