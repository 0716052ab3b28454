import { Errors } from '@haven/errors';
import { badRequest, integerParam, textParam, type ListQuery } from '@haven/http';
import { z } from 'zod';

const longestName = 128;
const text = (longest: number) =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? '')
    .refine((value) => value.length <= longest && !value.includes('\0'), badRequest(`at most ${longest} characters`));

/** Harbor's Label, as far as a caller can set it. */
export const labelBody = z.object({
  name: text(longestName).refine((name) => name !== '', badRequest('label name is empty')),
  description: text(65_536),
  color: text(16),
  scope: text(16),
  project_id: z
    .int()
    .nullish()
    .transform((value) => value ?? 0),
});

/** Harbor's Label where one is put on an artifact: only its id counts. */
export const labelReference = z.object({ id: z.int().positive() });

export type LabelBody = z.infer<typeof labelBody>;
export type LabelReference = z.infer<typeof labelReference>;

/** Labels of the whole platform, or of one project. */
export interface LabelScope {
  scope: 'g' | 'p';
  /** 0 for the whole platform. */
  projectId: number;
}

/** @throws AppError BAD_REQUEST */
export function requireScope(scope: string, projectId: number): LabelScope {
  if (scope === 'g') return { scope, projectId: 0 };
  if (scope !== 'p') throw Errors.badRequest(`invalid scope: ${JSON.stringify(scope)}`);
  if (projectId <= 0 || projectId >= 2 ** 31) throw Errors.badRequest(`invalid project ID: ${projectId}`);
  return { scope, projectId };
}

/** `scope` and `project_id` of the query; without them, labels of the whole platform. @throws AppError BAD_REQUEST */
export const listedScope = (params: unknown): LabelScope =>
  requireScope(textParam(params, 'scope') ?? 'g', integerParam(params, 'project_id') ?? 0);

/** The list that `name` asks for beside `q`. */
export function withLabelParams(query: ListQuery, params: unknown): ListQuery {
  const name = textParam(params, 'name');
  if (name === undefined) return query;
  return { ...query, filters: new Map([...query.filters, ['name', { kind: 'fuzzy', value: name } as const]]) };
}
