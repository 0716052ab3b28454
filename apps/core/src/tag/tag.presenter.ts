import { compact, dateTime, keep } from '@haven/http';
import type { TagRow } from './tag.repository.js';

/** Harbor's `Tag`. @param isImmutable false also where nobody asked */
export const presentTag = (row: TagRow, isImmutable: boolean): object =>
  compact({
    id: row.id,
    repository_id: row.repository_id,
    artifact_id: row.artifact_id,
    name: row.name,
    push_time: row.push_time,
    pull_time: dateTime(row.pull_time),
    immutable: keep(isImmutable),
  });
