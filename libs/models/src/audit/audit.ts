import { statement, type Sql } from '../database/sql.js';

/** Harbor's audit operations and resource types; together they make its event types, such as `create_artifact`. */
export type AuditOperation = 'create' | 'update' | 'delete' | 'pull' | 'login' | 'logout';
export type AuditResourceType =
  'artifact' | 'tag' | 'repository' | 'project' | 'member' | 'user' | 'robot' | 'configuration' | 'registry';

/** Every kind of event that is written to the audit log, `<operation>_<resource type>`, in Harbor's order, and ours after them. */
export const auditEventTypes: readonly string[] = [
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
  'create_registry',
  'delete_registry',
  'update_registry',
];

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
     SELECT project_id, operation, resource_type, left(resource, 1024) AS resource, left(username, 255) AS username,
            left(op_desc, 1024) AS op_desc, op_result, left(source_ip, 50) AS source_ip, now() AS op_time
       FROM switches, unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[],
                             $8::text[])
         AS said (project_id, operation, resource_type, resource, username, op_desc, op_result, source_ip)
      WHERE operation || '_' || resource_type <> ALL (regexp_split_to_array(disabled, '\\s*,\\s*'))
        AND NOT ("arePullsOff" AND operation = 'pull')),
   stored AS (
     INSERT INTO audit_log_ext (project_id, operation, resource_type, resource, username, op_desc, op_result, source_ip)
     SELECT project_id, operation, resource_type, resource, username, op_desc, op_result, source_ip
       FROM entry, switches WHERE NOT "isSkipped")
   INSERT INTO outbox (event_id, consumer, topic, payload)
   SELECT gen_random_uuid(), 'audit-forward', 'audit', to_jsonb(entry) FROM entry, switches WHERE endpoint <> ''`,
);

/** Writes one line of the audit log, in the transaction of the change it tells of; where it goes, settings say. */
export const recordAudit = (tx: Sql, entry: AuditEntry): Promise<void> => recordAuditAll(tx, [entry]);

/** Writes any number of lines with one statement. */
export async function recordAuditAll(tx: Sql, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.run(
    insert(
      entries.map(({ projectId }) => projectId ?? 0),
      entries.map(({ operation }) => operation),
      entries.map(({ resourceType }) => resourceType),
      entries.map(({ resource }) => resource),
      entries.map(({ username }) => username),
      entries.map(
        ({ description, ...entry }) => description ?? `${entry.operation} ${entry.resourceType}: ${entry.resource}`,
      ),
      entries.map(({ succeeded }) => succeeded ?? true),
      entries.map(({ sourceIp }) => sourceIp ?? ''),
    ),
  );
}
