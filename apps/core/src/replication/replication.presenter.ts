import { compact, dateTime, keep } from '@haven/http';
import type { ExecutionStatus, TaskStatus, Trigger } from '@haven/queue';
import type { ExecutionRow, TaskRow } from '../execution/execution.repository.js';
import type { PolicyRegistry, PolicyRow } from './replication-policy.repository.js';

/** Harbor's Registry, as its replication policies show it. */
const presentRegistry = (registry: PolicyRegistry): object =>
  compact({
    id: keep(registry.id),
    name: registry.name,
    description: registry.description,
    type: registry.type,
    url: registry.url,
    credential: compact({
      type: registry.credentialType,
      access_key: registry.accessKey,
      access_secret: registry.hasSecret ? '*****' : '',
    }),
    insecure: registry.insecure,
    ca_certificate: registry.caCertificate,
    status: registry.health,
    creation_time: new Date(registry.creationTime),
    update_time: new Date(registry.updateTime),
  });

const presentLocal = (externalUrl: string): object =>
  compact({ id: keep(0), name: 'Local', type: 'harbor', url: externalUrl, status: 'healthy' });

/** Harbor's ReplicationPolicy. */
export function presentPolicy(policy: PolicyRow, externalUrl: string): object {
  const other = presentRegistry(policy.registry);
  const local = presentLocal(externalUrl);
  return compact({
    id: policy.id,
    name: policy.name,
    description: policy.description,
    src_registry: policy.sourceRegistryId === null ? local : other,
    dest_registry: policy.targetRegistryId === null ? local : other,
    dest_namespace: policy.namespace,
    dest_namespace_replace_count: keep(policy.replaceCount),
    trigger: compact({
      type: policy.triggerType,
      trigger_settings: policy.cron === '' ? undefined : { cron: policy.cron },
    }),
    filters: policy.filters.map((filter) => compact({ ...filter, value: keep(filter.value) })),
    replicate_deletion: policy.replicatesDeletion,
    deletion: policy.replicatesDeletion,
    override: policy.overrides,
    enabled: policy.isEnabled,
    speed: keep(policy.speedKilobytes),
    copy_by_chunk: keep(policy.copiesByChunk),
    single_active_replication: keep(policy.isSingleActive),
    creation_time: policy.creationTime,
    update_time: policy.updateTime,
  });
}

const executionStatuses: Record<ExecutionStatus, string> = {
  Running: 'InProgress',
  Success: 'Succeed',
  Stopped: 'Stopped',
  Error: 'Failed',
};
const taskStatuses: Record<TaskStatus, string> = { ...executionStatuses, Pending: 'Pending', Scheduled: 'InProgress' };
const triggers: Record<Trigger, string> = { MANUAL: 'manual', SCHEDULE: 'scheduled', EVENT: 'event_based' };

/** Harbor's ReplicationExecution. */
export function presentExecution(execution: ExecutionRow): object {
  const { Pending = 0, Scheduled = 0, Running = 0, Success = 0, Error = 0, Stopped = 0 } = execution.taskCounts;
  return compact({
    id: execution.id,
    policy_id: execution.vendorId,
    status: executionStatuses[execution.status],
    trigger: triggers[execution.trigger],
    start_time: execution.startTime,
    end_time: dateTime(execution.endTime),
    status_text: keep(execution.statusMessage),
    total: keep(Pending + Scheduled + Running + Success + Error + Stopped),
    failed: keep(Error),
    succeed: keep(Success),
    in_progress: keep(Pending + Scheduled + Running),
    stopped: keep(Stopped),
  });
}

/** Harbor's ReplicationTask; how far it has come stands beside it. */
export function presentTask(task: TaskRow): object {
  const { operation, resource_type, src_resource, dst_resource, progress } = task.attributes;
  return compact({
    id: task.id,
    execution_id: task.executionId,
    status: taskStatuses[task.status],
    job_id: task.jobId,
    operation,
    resource_type,
    src_resource,
    dst_resource,
    start_time: dateTime(task.startTime),
    end_time: dateTime(task.endTime),
    progress,
  });
}
