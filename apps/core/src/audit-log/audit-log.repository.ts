import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListField, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { ModelStore } from '@haven/models/orm';
import { canInProject, roles } from '@haven/rbac';
import type { KeptParts } from '../database/kept-part.js';
import { selectPage, type PageSource } from '../database/select-page.js';
import { membershipsSql, type Condition } from '../project/project-visibility.js';

/** A line of Harbor's older audit table. */
export interface AuditLogRow {
  id: number;
  username: string;
  resource: string;
  resourceType: string;
  operation: string;
  opTime: Date;
}

/** A line of the audit table that is written today. */
export interface AuditLogExtRow extends AuditLogRow {
  operationDescription: string;
  operationResult: boolean;
}

/** Whose lines: all, those of one project, or those of the projects in which a user may read them. */
export type AuditScope =
  | { kind: 'all' }
  | { kind: 'project'; projectId: number }
  | { kind: 'readableBy'; entities: string[] }
  | { kind: 'none' };

const columns = `id, username, resource, resource_type AS "resourceType", operation, op_time AS "opTime"`;
const extColumns = `${columns}, op_desc AS "operationDescription", op_result AS "operationResult"`;

const fields: Record<string, ListField> = {
  id: { column: 'id', type: 'int' },
  ID: { column: 'id', type: 'int' },
  project_id: { column: 'project_id', type: 'int' },
  ProjectID: { column: 'project_id', type: 'int' },
  operation: { column: 'operation', type: 'string' },
  Operation: { column: 'operation', type: 'string' },
  resource_type: { column: 'resource_type', type: 'string' },
  ResourceType: { column: 'resource_type', type: 'string' },
  resource: { column: 'resource', type: 'string' },
  Resource: { column: 'resource', type: 'string' },
  username: { column: 'username', type: 'string' },
  Username: { column: 'username', type: 'string' },
  op_time: { column: 'op_time', type: 'time' },
  OpTime: { column: 'op_time', type: 'time' },
};
const shape: ListShape = { fields, defaultSort: '-op_time', idColumn: 'id' };
const extShape: ListShape = {
  ...shape,
  fields: {
    ...fields,
    op_desc: { column: 'op_desc', type: 'string' },
    OperationDescription: { column: 'op_desc', type: 'string' },
    op_result: { column: 'op_result', type: 'bool' },
    IsSuccessful: { column: 'op_result', type: 'bool' },
  },
};

/** The roles with which a member may read a project's log. */
export const logReaders = roles
  .map((role) => role.id)
  .filter((id) => canInProject({ isSystemAdmin: false, isPublic: false, roleIds: [id] }, 'log', 'list'));

/** Lines of each day, counted as they come and go. */
function linesByDay(scope: AuditScope, where: string): KeptParts {
  const kept =
    scope.kind === 'all'
      ? 'SELECT day, lines FROM audit_log_ext_day UNION ALL SELECT day, lines FROM audit_log_ext_delta'
      : `SELECT day, lines FROM audit_log_ext_count WHERE ${where}
         UNION ALL SELECT day, lines FROM audit_log_ext_delta WHERE ${where}`;
  return {
    column: 'op_time',
    parts: `SELECT to_char(day, 'YYYY-MM-DD"T00:00:00Z"') AS start, sum(lines)::bigint AS rows FROM (${kept}) AS kept GROUP BY day ORDER BY day`,
  };
}

function conditionOf(scope: AuditScope): Condition {
  switch (scope.kind) {
    case 'all':
      return { text: 'TRUE', values: [] };
    case 'none':
      return { text: 'FALSE', values: [] };
    case 'project':
      return { text: 'project_id = $1', values: [scope.projectId] };
    case 'readableBy':
      return {
        text: `project_id IN (SELECT project_id FROM (${membershipsSql('$1')}) AS own WHERE own.role = ANY($2))`,
        values: [scope.entities, logReaders],
      };
  }
}

@Injectable()
export class AuditLogRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(scope: AuditScope, query: ListQuery): Promise<PageOf<AuditLogRow>> {
    const condition = conditionOf(scope);
    const source = { table: 'audit_log', columns, where: condition.text, values: condition.values };
    return this.select(source, shape, query);
  }

  listExt(scope: AuditScope, query: ListQuery): Promise<PageOf<AuditLogExtRow>> {
    const condition = conditionOf(scope);
    const kept = linesByDay(scope, condition.text);
    const source = { table: 'audit_log_ext', columns: extColumns, where: condition.text, values: condition.values };
    return this.select({ ...source, kept }, extShape, query);
  }

  private select<Row extends AuditLogRow>(
    source: Omit<PageSource, 'idColumn'>,
    listShape: ListShape,
    query: ListQuery,
  ): Promise<PageOf<Row>> {
    const list = buildListSql(query, listShape, 1 + source.values.length);
    return selectPage<Row>(this.store.sql, { ...source, idColumn: listShape.idColumn }, list);
  }
}
