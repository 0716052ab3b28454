import { compact, dateTime, keep } from '@haven/http';
import type { TagRow } from './tag.repository.js';

/** Harbor's `Tag`. No tag is immutable before there are rules that make it so. */
export const presentTag = (row: TagRow): object =>
  compact({
    id: row.id,
    repository_id: row.repository_id,
    artifact_id: row.artifact_id,
    name: row.name,
    push_time: row.push_time,
    pull_time: dateTime(row.pull_time),
    immutable: keep(false),
  });
