import type { WebhookEvent } from './webhook-event.js';

/** What a run of retention has done in one repository. */
export interface EndedRetention {
  projectId: number;
  project: string;
  policyId: number;
  operator: string;
  status: string;
  total: number;
  retained: number;
  endedAt: Date;
  rules: readonly { template: string; params: object; tag_selectors: object; scope_selectors: object }[];
  /** References of what was deleted: `repository:tag`, or `repository@digest`. */
  deleted: readonly string[];
}

/** Harbor's event of tag retention. */
export const retentionEvent = (ended: EndedRetention, host: string): WebhookEvent => ({
  type: 'TAG_RETENTION',
  projectId: ended.projectId,
  occurredAt: Math.floor(ended.endedAt.getTime() / 1_000),
  operator: ended.operator,
  requestId: '',
  data: {
    retention: {
      total: ended.total,
      retained: ended.retained,
      harbor_hostname: host,
      project_name: ended.project,
      retention_policy_id: ended.policyId,
      retention_rule: ended.rules.map(({ template, params, tag_selectors, scope_selectors }) => ({
        template,
        params,
        tag_selectors,
        scope_selectors,
      })),
      result: ended.status === 'Success' ? 'SUCCESS' : ended.status.toUpperCase(),
      deleted_artifact: ended.deleted.map((reference) => ({ type: 'image', status: 'SUCCESS', name_tag: reference })),
    },
  },
});
