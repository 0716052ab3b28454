import { auditEventTypes } from '@haven/models';
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

/** Harbor's AuditLogEventType of each kind of event. */
export const eventTypes = auditEventTypes.map((type) => ({ event_type: type }));
