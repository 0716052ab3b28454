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

const insert = statement(
  'audit_insert',
  `INSERT INTO audit_log_ext (project_id, operation, resource_type, resource, username, op_desc, op_result, source_ip)
   VALUES ($1, $2, $3, left($4, 1024), left($5, 255), left($6, 1024), $7, left($8, 50))`,
);

/** Writes one line of the audit log, in the transaction of the change it tells of. */
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
