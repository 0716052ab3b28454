import { compact, keep } from '@haven/http';
import type { AuditLogExtRow, AuditLogRow } from './audit-log.repository.js';

const fieldsOf = (row: AuditLogRow): Record<string, unknown> => ({
  id: row.id,
  username: row.username,
  resource: row.resource,
  resource_type: row.resourceType,
  operation: row.operation,
  op_time: row.opTime,
});

/** Harbor's AuditLog. */
export const presentAuditLog = (row: AuditLogRow): object => compact(fieldsOf(row));

/** Harbor's AuditLogExt. */
export const presentAuditLogExt = (row: AuditLogExtRow): object =>
  compact({
    ...fieldsOf(row),
    operation_description: row.operationDescription,
    operation_result: keep(row.operationResult),
  });

/** Every kind of event that is written to the audit log, in Harbor's order. */
export const eventTypes = [
  'create_artifact',
  'delete_artifact',
  'pull_artifact',
  'create_project',
  'delete_project',
  'delete_repository',
  'login_user',
  'logout_user',
  'create_user',
  'delete_user',
  'update_user',
  'create_robot',
  'delete_robot',
  'update_configuration',
  'create_member',
  'delete_member',
  'update_member',
  'update_project',
].map((type) => ({ event_type: type }));
