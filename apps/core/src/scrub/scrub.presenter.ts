import { compact, dateTime, keep } from '@haven/http';
import type { ExecutionRow } from '../execution/execution.repository.js';
import type { DamagedRow } from './scrub.repository.js';
import type { ScrubExecution } from './scrub.service.js';

export const presentScrub = (execution: ExecutionRow): object =>
  compact({
    id: execution.id,
    kind: execution.attributes['kind'],
    force: execution.attributes['force'] === true ? true : undefined,
    trigger: execution.trigger,
    status: execution.status,
    status_message: execution.statusMessage,
    start_time: dateTime(execution.startTime),
    end_time: execution.endTime === null ? undefined : dateTime(execution.endTime),
  });

/** `findings` counts by kind, `first_findings` tells up to a hundred of them. */
export function presentScrubReport({ execution, reported }: ScrubExecution): object {
  const { progress, checked, found, first } = reported;
  const report = compact({
    progress: keep(progress ?? 0),
    checked: keep(checked ?? { files: 0, rows: 0, bytes: 0 }),
    findings: keep(found ?? {}),
    first_findings: keep(first ?? []),
  });
  return { ...presentScrub(execution), report };
}

export const presentDamaged = (row: DamagedRow): object =>
  compact({
    digest: row.digest,
    kind: row.kind,
    size: keep(row.sizeBytes),
    repositories: keep(row.repositories),
    creation_time: dateTime(row.foundTime),
  });
