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
 * Every membership of somebody with its role, as a query over (project_id, role): the one place that knows what counts
 * as a membership.
 * @param entities parameter in SQL, such as `$1`, that holds what {@link entitiesOf} says
 */
export const membershipsSql = (entities: string): string =>
  `SELECT project_id, role FROM project_member
    WHERE (entity_type, entity_id) IN (SELECT left(entity, 1), substr(entity, 2)::integer FROM unnest(${entities}::text[]) AS entity)`;

/** As what a principal can be a member: the user, such as `u7`, and the user's groups, such as `g3`. */
export const entitiesOf = (principal: Principal): string[] =>
  principal.kind === 'user' ? [`u${principal.userId}`, ...principal.groupIds.map((id) => `g${id}`)] : [];

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
    return { text: `(${own} OR ${isPublicSql})`, values: [entitiesOf(principal)] };
  }
  if (principal.kind === 'robot') {
    const names = principal.grants.filter(({ kind }) => kind === 'project').map(({ namespace }) => namespace);
    if (names.includes('*')) return { text: 'TRUE', values: [] };
    return { text: `(project.name = ANY(${parameter}) OR ${isPublicSql})`, values: [names] };
  }
  return { text: isPublicSql, values: [] };
}
