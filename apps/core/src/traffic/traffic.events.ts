import { Inject, Injectable } from '@nestjs/common';
import type { Sql } from '@haven/models';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import { TrafficRepository, type TrafficItem } from './traffic.repository.js';

/** Counts pushes, pulls and deletions by the hour. */
@Injectable()
export class TrafficEvents {
  constructor(@Inject(TrafficRepository) private readonly traffic: TrafficRepository) {}

  /** Counts a batch, in the transaction that books its arrival. */
  count(tx: Sql, events: readonly RegistryEvent[]): Promise<void> {
    return this.traffic.add(tx, events.flatMap(itemOf));
  }
}

function itemOf({ action, target, timestamp, count, artifactId }: RegistryEvent): TrafficItem[] {
  const item = { repository: target.repository, at: timestamp, isKnown: true };
  if (action === 'pull') return [{ ...item, pulls: count }];
  if (action === 'delete') return [{ ...item, deletes: 1 }];
  // A tag that was put on what is there already is told as a push, and brings no artifact.
  return action === 'push' && artifactId !== undefined ? [{ ...item, pushes: 1 }] : [];
}
