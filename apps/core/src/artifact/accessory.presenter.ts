import { compact, keep } from '@haven/http';
import { accessoryIcon } from '../icon/built-in-icon.js';
import type { AccessoryRow } from './accessory.repository.js';

/** Harbor's `Accessory`. */
export const presentAccessory = (row: AccessoryRow): object =>
  compact({
    id: row.id,
    artifact_id: keep(row.artifact_id),
    subject_artifact_id: row.subject_artifact_id,
    subject_artifact_digest: keep(row.subject_artifact_digest),
    subject_artifact_repo: keep(row.subject_artifact_repo),
    size: keep(row.size),
    digest: keep(row.digest),
    type: keep(row.type),
    icon: keep(accessoryIcon(row.type)),
    creation_time: row.creation_time,
  });
