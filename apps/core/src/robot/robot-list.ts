import { Errors } from '@haven/errors';
import type { ListQuery } from '@haven/http';
import { requireLevel } from './robot-rules.js';

const valueOf = (query: ListQuery, ...keys: string[]): string | undefined => {
  const filter = keys.map((key) => query.filters.get(key)).find((found) => found !== undefined);
  if (filter === undefined) return undefined;
  if (filter.kind !== 'exact') throw Errors.badRequest(`${keys[0] ?? ''} in q has to be one value`);
  return filter.value;
};

/**
 * Whose robots a list asks for, by `q=Level=project,ProjectID=1`; those of the system unless it says so.
 * @returns the project's id, 0 for the system
 * @throws AppError BAD_REQUEST
 */
export function listedProject(query: ListQuery): number {
  const level = requireLevel(valueOf(query, 'Level', 'level') ?? 'system');
  if (level === 'system') return 0;
  const project = valueOf(query, 'ProjectID', 'project_id') ?? '';
  if (!/^[1-9]\d{0,9}$/.test(project)) throw Errors.badRequest('must with project ID when to query project robots');
  return Number(project);
}
