import { statement, type Sql } from '../database/sql.js';

/** Harbor's audit operations and resource types; together they make its event types, such as `create_artifact`. */
export type AuditOperation = 'create' | 'update' | 'delete' | 'pull' | 'login' | 'logout';
export type AuditResourceType =
  'artifact' | 'tag' | 'repository' | 'project' | 'member' | 'user' | 'robot' | 'configuration';

export interface AuditEntry {
  /** Absent when no project is concerned. */
  projectId?: number;
  operation: AuditOperation;
  resourceType: AuditResourceType;
  /** Such as `library/alpine:3.20`, a project or a user name. */
  resource: string;
  username: string;
  description?: string;
  succeeded?: boolean;
  sourceIp?: string;
}

/**
 * One statement, so that the switches are read as they are at that moment, and an entry is either stored, sent on, or
 * both, together with the change it tells of. Kinds of events are switched off by names such as `pull_artifact`.
 */
const insert = statement(
  'audit_insert',
  `WITH switches AS (
     SELECT coalesce(max(v) FILTER (WHERE k = 'disabled_audit_log_event_types'), '') AS disabled,
            coalesce(max(v) FILTER (WHERE k = 'audit_log_forward_endpoint'), '') AS endpoint,
            coalesce(bool_or(v = 'true') FILTER (WHERE k = 'skip_audit_log_database'), false) AS "isSkipped",
            coalesce(bool_or(v = 'true') FILTER (WHERE k = 'pull_audit_log_disable'), false) AS "arePullsOff"
       FROM properties
      WHERE k IN ('disabled_audit_log_event_types', 'audit_log_forward_endpoint', 'skip_audit_log_database',
                  'pull_audit_log_disable')),
   entry AS (
     SELECT $1::integer AS project_id, $2::text AS operation, $3::text AS resource_type, left($4, 1024) AS resource,
            left($5, 255) AS username, left($6, 1024) AS op_desc, $7::boolean AS op_result, left($8, 50) AS source_ip,
            now() AS op_time
       FROM switches
      WHERE $2 || '_' || $3 <> ALL (regexp_split_to_array(disabled, '\\s*,\\s*'))
        AND NOT ("arePullsOff" AND $2 = 'pull')),
   stored AS (
     INSERT INTO audit_log_ext (project_id, operation, resource_type, resource, username, op_desc, op_result, source_ip)
     SELECT project_id, operation, resource_type, resource, username, op_desc, op_result, source_ip
       FROM entry, switches WHERE NOT "isSkipped")
   INSERT INTO outbox (event_id, consumer, topic, payload)
   SELECT gen_random_uuid(), 'audit-forward', 'audit', to_jsonb(entry) FROM entry, switches WHERE endpoint <> ''`,
);

/** Writes one line of the audit log, in the transaction of the change it tells of; where it goes, settings say. */
export async function recordAudit(tx: Sql, entry: AuditEntry): Promise<void> {
  const description = entry.description ?? `${entry.operation} ${entry.resourceType}: ${entry.resource}`;
  await tx.run(
    insert(
      entry.projectId ?? 0,
      entry.operation,
      entry.resourceType,
      entry.resource,
      entry.username,
      description,
      entry.succeeded ?? true,
      entry.sourceIp ?? '',
    ),
  );
}
