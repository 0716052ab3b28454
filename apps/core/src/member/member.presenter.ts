import { compact } from '@haven/http';
import { roleName } from '@haven/rbac';
import type { MemberRow } from './member.repository.js';

/** Harbor's ProjectMemberEntity. */
export const presentMember = (row: MemberRow): object =>
  compact({
    id: row.id,
    project_id: row.projectId,
    entity_name: row.entityName,
    role_name: roleName(row.role),
    role_id: row.role,
    entity_id: row.entityId,
    entity_type: row.entityType,
  });
