import type { Principal } from '@haven/auth';
import { isSystemAdmin } from '@haven/http';

/** A condition in SQL and the values of its parameters. */
export interface Condition {
  text: string;
  values: unknown[];
}

/** True when the row of `project` at hand is public. */
export const isPublicSql = `EXISTS (SELECT 1 FROM project_metadata
  WHERE project_metadata.project_id = project.project_id
    AND project_metadata.name = 'public' AND project_metadata.value = 'true')`;

/**
 * Every membership of a user with its role, as a query over (project_id, role): the one place that knows what counts
 * as a membership.
 * @param user the user's id in SQL, such as `$1`; null for somebody who is no user
 */
export const membershipsSql = (user: string): string =>
  `SELECT project_id, role FROM project_member WHERE entity_type = 'u' AND entity_id = ${user}`;

/** Whose memberships count for this principal: a user id, or null. */
export const memberIdOf = (principal: Principal): number | null =>
  principal.kind === 'user' ? principal.userId : null;

/**
 * Which rows of `project` a principal may see in lists: all for system administrators; public ones for anyone; a user's
 * own projects; the projects that a robot was made for.
 * @param firstParameter number of the first `$n` that is still free
 */
export function visibleTo(principal: Principal, firstParameter: number): Condition {
  if (isSystemAdmin(principal)) return { text: 'TRUE', values: [] };
  const parameter = `$${firstParameter}`;
  if (principal.kind === 'user') {
    const own = `project.project_id IN (SELECT project_id FROM (${membershipsSql(parameter)}) AS own)`;
    return { text: `(${own} OR ${isPublicSql})`, values: [principal.userId] };
  }
  if (principal.kind === 'robot') {
    const names = principal.grants.filter(({ kind }) => kind === 'project').map(({ namespace }) => namespace);
    if (names.includes('*')) return { text: 'TRUE', values: [] };
    return { text: `(project.name = ANY(${parameter}) OR ${isPublicSql})`, values: [names] };
  }
  return { text: isPublicSql, values: [] };
}
