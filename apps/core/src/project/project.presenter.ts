import { compact, dateTime, keep } from '@haven/http';
import { highestRole } from '@haven/rbac';
import type { StorageUse } from './project-summary.repository.js';
import type { ProjectRow } from './project.repository.js';
import type { Deletability } from './project.service.js';

/** How much of a project is told: everything; its metadata as well, in searches; or the bare row. */
export type ProjectView = 'full' | 'search' | 'plain';

const metadataKeys = [
  'enable_content_trust',
  'enable_content_trust_cosign',
  'prevent_vul',
  'severity',
  'auto_scan',
  'auto_sbom_generation',
  'reuse_sys_cve_allowlist',
  'retention_id',
  'proxy_speed_kb',
  'max_upstream_conn',
  'proxy_cache_local_on_not_found',
  'proxy_referrer_api',
];

/** Harbor's ProjectMetadata: every key but `public` is told even when it is empty. */
const presentMetadata = (metadata: ProjectRow['metadata']): object =>
  compact({
    public: metadata['public'],
    ...Object.fromEntries(metadataKeys.map((key) => [key, keep(metadata[key])])),
  });

const presentAllowlist = (row: ProjectRow): object =>
  compact({
    id: row.allowlistId ?? 0,
    project_id: row.projectId,
    expires_at: keep(row.allowlistExpiresAt),
    items: keep(row.allowlistItems ?? []),
    creation_time: dateTime(row.allowlistCreationTime),
    update_time: dateTime(row.allowlistUpdateTime),
  });

/** What stands in the place of an allow-list that was not asked for. */
const noAllowlist = compact({ items: [], creation_time: dateTime(null), update_time: dateTime(null) });

/** Harbor's Project. */
export function presentProject(row: ProjectRow, view: ProjectView = 'full'): object {
  return compact({
    project_id: row.projectId,
    owner_id: row.ownerId,
    name: row.name,
    registry_id: row.registryId,
    creation_time: row.creationTime,
    update_time: row.updateTime,
    owner_name: view === 'full' ? (row.ownerName ?? '') : '',
    current_user_role_id: highestRole(row.roleIds) ?? 0,
    current_user_role_ids: row.roleIds,
    repo_count: keep(row.repoCount),
    metadata: view === 'plain' ? undefined : keep(presentMetadata(row.metadata)),
    cve_allowlist: view === 'full' ? presentAllowlist(row) : noAllowlist,
  });
}

export interface ProjectSummary {
  repoCount: number;
  /** Null when the caller may not know, or there is no quota. */
  storage: StorageUse | null;
  /** Members by role id; empty when the caller may not know. */
  members: ReadonlyMap<number, number>;
}

/** Harbor's ProjectSummary. */
export const presentSummary = ({ repoCount, storage, members }: ProjectSummary): object =>
  compact({
    repo_count: keep(repoCount),
    project_admin_count: members.get(1),
    maintainer_count: members.get(4),
    developer_count: members.get(2),
    guest_count: members.get(3),
    limited_guest_count: members.get(5),
    quota:
      storage === null ? undefined : { hard: { storage: storage.hardBytes }, used: { storage: storage.usedBytes } },
  });

/** Harbor's ProjectDeletable. */
export const presentDeletability = ({ deletable, message }: Deletability): object => compact({ deletable, message });
