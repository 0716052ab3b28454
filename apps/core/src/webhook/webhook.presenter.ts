import { compact, dateTime, keep } from '@haven/http';
import type { ExecutionRow, TaskRow } from '../execution/execution.repository.js';
import type { LastTriggerRow, WebhookRow } from './webhook.repository.js';
import { payloadFormats, webhookEventTypes } from './webhook-event.js';

/** Harbor's SupportedWebhookEventTypes. */
export const supportedEventTypes = {
  event_type: webhookEventTypes,
  notify_type: ['http', 'slack'],
  payload_formats: [{ notify_type: 'http', formats: payloadFormats }],
};

/** Harbor's WebhookPolicy; why it was switched off, if it failed for long, stands beside it. */
export const presentWebhook = (policy: WebhookRow, authHeaders: readonly string[]): object =>
  compact({
    id: policy.id,
    name: policy.name,
    description: policy.description,
    project_id: policy.projectId,
    targets: policy.targets.map(({ type, address, skipsCertificate, format }, index) =>
      compact({
        type,
        address,
        auth_header: authHeaders[index] ?? '',
        skip_cert_verify: skipsCertificate,
        payload_format: type === 'http' ? format : '',
      }),
    ),
    event_types: policy.eventTypes,
    creator: policy.creator,
    creation_time: policy.creationTime,
    update_time: policy.updateTime,
    enabled: keep(policy.isEnabled),
    failing_since: policy.failingSince ?? undefined,
    disabled_reason: policy.disabledReason,
  });

/** Harbor's WebhookLastTrigger. */
export const presentLastTrigger = (row: LastTriggerRow): object =>
  compact({
    policy_name: row.name,
    event_type: row.eventType,
    enabled: row.isEnabled,
    creation_time: row.creationTime,
    last_trigger_time: dateTime(row.lastTriggerTime),
  });

/** Harbor's Execution. */
export function presentDelivery(execution: ExecutionRow): object {
  const { Pending = 0, Scheduled = 0, Running = 0, Success = 0, Error = 0, Stopped = 0 } = execution.taskCounts;
  return compact({
    id: execution.id,
    vendor_type: execution.vendorType,
    vendor_id: execution.vendorId,
    status: execution.status,
    status_message: execution.statusMessage,
    metrics: compact({
      task_count: Pending + Scheduled + Running + Success + Error + Stopped,
      success_task_count: Success,
      error_task_count: Error,
      pending_task_count: Pending,
      running_task_count: Running,
      scheduled_task_count: Scheduled,
      stopped_task_count: Stopped,
    }),
    trigger: execution.trigger,
    extra_attrs: execution.attributes,
    start_time: execution.startTime,
    end_time: dateTime(execution.endTime),
  });
}

/** Harbor's Task. */
export const presentDeliveryTask = (task: TaskRow): object =>
  compact({
    id: task.id,
    execution_id: task.executionId,
    status: task.status,
    status_message: task.statusMessage,
    run_count: task.runCount,
    extra_attrs: task.attributes,
    creation_time: task.creationTime,
    update_time: task.updateTime,
    start_time: dateTime(task.startTime),
    end_time: dateTime(task.endTime),
  });

/** Harbor's WebhookJob, the older form of a delivery. */
export const presentWebhookJob = (execution: ExecutionRow): object =>
  compact({
    id: execution.id,
    policy_id: execution.vendorId,
    event_type: execution.attributes['event_type'],
    notify_type: execution.vendorType === 'SLACK' ? 'slack' : 'http',
    status: execution.status,
    job_detail: execution.attributes['payload'],
    creation_time: execution.startTime,
    update_time: execution.updateTime,
  });
