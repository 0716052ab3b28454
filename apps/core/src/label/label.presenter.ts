import { compact, dateTime } from '@haven/http';
import type { LabelRow } from './label.repository.js';

/** Harbor's Label. */
export const presentLabel = (row: LabelRow): object =>
  compact({
    id: row.id,
    name: row.name,
    description: row.description,
    color: row.color,
    scope: row.scope,
    project_id: row.projectId,
    creation_time: dateTime(row.creationTime),
    update_time: dateTime(row.updateTime),
  });
