import type { WebhookEvent } from './webhook-event.js';

/** A task of a replication that has ended, with its policy and the registry at the other end. */
export interface EndedReplication {
  executionId: number;
  taskId: number;
  projectId: number;
  status: string;
  statusMessage: string;
  source: string;
  target: string;
  operation: string;
  references: readonly string[];
  trigger: 'MANUAL' | 'SCHEDULE' | 'EVENT';
  endedAt: Date;
  policy: { creator: string; description: string; overrides: boolean; isPull: boolean };
  registry: { name: string; type: string; url: string };
}

const triggers = { MANUAL: 'MANUAL', SCHEDULE: 'SCHEDULED', EVENT: 'EVENT_BASED' } as const;
const namespaceOf = (repository: string): string => repository.split('/').slice(0, -1).join('/');

/** Harbor's event of a replication. */
export function replicationEvent(ended: EndedReplication, host: string): WebhookEvent {
  const { policy, registry, source, target, references, operation } = ended;
  const other = { registry_name: registry.name, registry_type: registry.type, endpoint: registry.url };
  const local = { registry_name: 'Local', registry_type: 'harbor', endpoint: host };
  const isGood = ended.status === 'Success';
  const artifact = {
    type: 'image',
    status: isGood ? 'Succeed' : ended.status === 'Stopped' ? 'Stopped' : 'Failed',
    name_tag: `${source} [${references.length} item(s) in total]`,
    references,
    ...(isGood || ended.statusMessage === '' ? {} : { fail_reason: ended.statusMessage }),
  };
  return {
    type: 'REPLICATION',
    projectId: ended.projectId,
    occurredAt: Math.floor(ended.endedAt.getTime() / 1_000),
    operator: policy.creator,
    requestId: '',
    data: {
      replication: {
        harbor_hostname: host,
        job_status: isGood ? 'Success' : ended.status,
        description: policy.description,
        artifact_type: 'image',
        authentication_type: 'basic',
        override_mode: policy.overrides,
        trigger_type: triggers[ended.trigger],
        policy_creator: policy.creator,
        execution_timestamp: Math.floor(ended.endedAt.getTime() / 1_000),
        operation,
        src_resource: { ...(policy.isPull ? other : local), namespace: namespaceOf(source) },
        dest_resource: { ...(policy.isPull ? local : other), namespace: namespaceOf(target) },
        [isGood ? 'successful_artifact' : 'failed_artifact']: [artifact],
        execution_id: ended.executionId,
        task_id: ended.taskId,
      },
    },
  };
}
