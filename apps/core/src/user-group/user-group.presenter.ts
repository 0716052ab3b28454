import { compact } from '@haven/http';
import type { UserGroupRow } from './user-group.repository.js';

/** Harbor's UserGroupSearchItem. */
export const presentGroupName = ({ id, name, type }: UserGroupRow): object =>
  compact({ id, group_name: name, group_type: type });

/** Harbor's UserGroup. */
export const presentGroup = (row: UserGroupRow): object =>
  compact({ id: row.id, group_name: row.name, group_type: row.type, ldap_group_dn: row.ldapDn });
