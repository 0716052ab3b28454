/** Harbor's event types, in its order. */
export const webhookEventTypes = [
  'DELETE_ARTIFACT',
  'PULL_ARTIFACT',
  'PUSH_ARTIFACT',
  'QUOTA_EXCEED',
  'QUOTA_WARNING',
  'REPLICATION',
  'SCANNING_FAILED',
  'SCANNING_COMPLETED',
  'SCANNING_STOPPED',
  'TAG_RETENTION',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** How a target wants to be told. */
export const payloadFormats = ['Default', 'CloudEvents'] as const;
export type PayloadFormat = (typeof payloadFormats)[number];

/** Something that a project tells of. */
export interface WebhookEvent {
  type: WebhookEventType;
  projectId: number;
  /** Unix time in seconds. */
  occurredAt: number;
  operator: string;
  /** Of what caused it; empty when it was no request. */
  requestId: string;
  /** Harbor's `event_data`. */
  data: object;
}
