import type { Sql } from '@haven/models';
import type { RegistryEvent } from './registry-event.schema.js';

/** Who starts something when artifacts are pushed, pulled or deleted. */
export interface EventListener {
  /** Called once with each event, in the transaction that books its arrival: what is started there is started once. */
  on: (tx: Sql, events: readonly RegistryEvent[]) => Promise<void>;
}

/** Injection token of all listeners. */
export const EVENT_LISTENERS = Symbol('event listeners');
