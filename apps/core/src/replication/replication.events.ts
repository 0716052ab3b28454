import { Injectable } from '@nestjs/common';
import { findEventPolicies, selectsRepository, type ReplicationPolicy, type Sql } from '@haven/models';
import { startExecution, type StartParameters } from '@haven/queue';
import type { EventListener } from '../registry-event/event-listener.js';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';

type Happened = NonNullable<StartParameters<'REPLICATION'>['event']>;

/** Starts the policies that act on events: pushes, and where they want it deletions. */
@Injectable()
export class ReplicationEvents implements EventListener {
  async on(tx: Sql, events: readonly RegistryEvent[]): Promise<void> {
    const happened = events.flatMap((event) => happenedIn(event) ?? []);
    if (happened.length === 0) return;
    const policies = await findEventPolicies(tx);
    for (const event of happened) {
      for (const policy of policies.filter((candidate) => actsOn(candidate, event))) {
        await startExecution(tx, {
          vendorType: 'REPLICATION',
          vendorId: policy.id,
          trigger: 'EVENT',
          lane: `replication:${policy.id}`,
          parameters: { policyId: policy.id, event },
        });
      }
    }
  }
}

function happenedIn({ action, target, tags, origin }: RegistryEvent): Happened | null {
  const { repository, digest, tag } = target;
  if (action === 'push')
    return { type: 'artifact_push', repository, digest, tags: tag === undefined ? [] : [tag], origin };
  if (action !== 'delete') return null;
  return tag === undefined
    ? { type: 'artifact_delete', repository, digest, tags, origin }
    : { type: 'tag_delete', repository, digest, tags: [tag], origin };
}

const actsOn = (policy: ReplicationPolicy, { type, repository }: Happened): boolean =>
  (type === 'artifact_push' || policy.replicatesDeletion) && selectsRepository(policy.filters, repository);
