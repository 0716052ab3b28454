import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';

/** What can be watched: changes and pulls that are over, and transfers while they run. */
export const streamKinds = ['push', 'pull', 'delete', 'refuse', 'transfer'] as const;
export type StreamKind = (typeof streamKinds)[number];

/** What somebody wants to see; null for all. */
export interface Wanted {
  kinds: ReadonlySet<string> | null;
  /** By name. */
  project: string | null;
  /** Full name. */
  repository: string | null;
}

/** @param kinds that there are @throws AppError BAD_REQUEST */
export function wantedOf(params: unknown, kinds: readonly string[]): Wanted {
  const asked = textParam(params, 'kind')?.split(',') ?? null;
  const unknown = asked?.find((kind) => !kinds.includes(kind));
  if (unknown !== undefined) throw Errors.badRequest(`kind is of ${kinds.join(', ')}, not ${JSON.stringify(unknown)}`);
  return {
    kinds: asked === null ? null : new Set(asked),
    project: textParam(params, 'project') ?? null,
    repository: textParam(params, 'repository') ?? null,
  };
}

export const wants = ({ kinds, project, repository }: Wanted, kind: string, name: string): boolean =>
  (kinds === null || kinds.has(kind)) &&
  (project === null || name.startsWith(`${project}/`)) &&
  (repository === null || name === repository);
