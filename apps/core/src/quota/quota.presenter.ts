import { compact, dateTime, keep } from '@haven/http';
import type { QuotaRow } from './quota.repository.js';

/** Harbor's Quota. */
export const presentQuota = (row: QuotaRow): object =>
  compact({
    id: row.id,
    ref: { id: row.projectId, name: row.projectName, owner_name: row.ownerName ?? '' },
    hard: keep({ storage: row.hardBytes }),
    used: keep({ storage: row.usedBytes }),
    creation_time: dateTime(row.creationTime),
    update_time: dateTime(row.updateTime),
  });
