import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import type { WebhookEvent } from './webhook-event.js';

/** The project whose quota an event is about. */
export interface QuotaProject {
  projectId: number;
  name: string;
  isPublic: boolean;
}

/** Harbor's event of a quota. @param details why it is told, in words */
export function quotaEvent(
  type: 'QUOTA_EXCEED' | 'QUOTA_WARNING',
  { timestamp, actor, request, target }: RegistryEvent,
  { projectId, name, isPublic }: QuotaProject,
  details: string,
): WebhookEvent {
  const { repository, digest, tag = '' } = target;
  return {
    type,
    projectId,
    occurredAt: Math.floor(new Date(timestamp).getTime() / 1_000),
    operator: actor?.name ?? '',
    requestId: request?.id ?? '',
    data: {
      ...(digest === undefined ? {} : { resources: [{ digest, tag }] }),
      repository: {
        name: repository.slice(name.length + 1),
        namespace: name,
        repo_full_name: repository,
        repo_type: isPublic ? 'public' : 'private',
      },
      custom_attributes: { Details: details },
    },
  };
}
