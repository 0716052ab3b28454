import { brokenConstraint, type Sql } from '@haven/models';
import type { JobParameters } from './catalogue.js';
import { startExecution, type Trigger } from './execution.js';

export type ScrubKind = JobParameters<'SCRUB'>['kind'];

/** Stands as the policy of its executions: each kind has a history of its own. */
export const scrubIds: Readonly<Record<ScrubKind, number>> = { orphans: 1, integrity: 2 };

export interface ScrubWish {
  kind: ScrubKind;
  trigger: Extract<Trigger, 'MANUAL' | 'SCHEDULE'>;
  isForced?: boolean;
}

interface Transactor {
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
}

/** Starts a scrub. @returns the id of its execution; null while one of the kind is under way that was started in the same way */
export async function startScrub(
  db: Transactor,
  { kind, trigger, isForced = false }: ScrubWish,
): Promise<number | null> {
  const started = { vendorType: 'SCRUB', vendorId: scrubIds[kind], trigger } as const;
  const attributes = { kind, force: isForced };
  try {
    return await db.transaction((tx) => startExecution(tx, { ...started, attributes, parameters: { kind, isForced } }));
  } catch (error) {
    if (brokenConstraint(error) === 'execution_scrub_once') return null;
    throw error;
  }
}
