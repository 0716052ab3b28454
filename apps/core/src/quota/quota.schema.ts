import { integerParam, textParam, type ListQuery } from '@haven/http';
import { z } from 'zod';

/** Harbor's QuotaUpdateReq. */
export const quotaBody = z.object({ hard: z.record(z.string().max(64), z.int()).nullish() });

export type QuotaBody = z.infer<typeof quotaBody>;

/** The list that `reference` and `reference_id` ask for beside `q`: quotas are of projects, and of nothing else. */
export function withQuotaParams(query: ListQuery, params: unknown): ListQuery {
  const filters = new Map(query.filters);
  const reference = textParam(params, 'reference');
  const referenceId =
    textParam(params, 'reference_id') === undefined ? undefined : integerParam(params, 'reference_id');
  if (reference !== undefined) filters.set('reference', { kind: 'exact', value: reference });
  if (referenceId !== undefined) filters.set('reference_id', { kind: 'exact', value: String(referenceId) });
  return { ...query, filters };
}
