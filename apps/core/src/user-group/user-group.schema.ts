import { Errors } from '@haven/errors';
import { textParam, type Filter, type ListQuery } from '@haven/http';
import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** Harbor's UserGroup. */
export const userGroupBody = z.object({
  group_name: text,
  group_type: z
    .int()
    .nullish()
    .transform((value) => value ?? 0),
  ldap_group_dn: text,
});

export type UserGroupBody = z.infer<typeof userGroupBody>;

/** The list that `group_name` and `ldap_group_dn` ask for beside `q`. */
export function withGroupParams(query: ListQuery, params: unknown): ListQuery {
  const filters = new Map<string, Filter>(query.filters);
  const name = textParam(params, 'group_name');
  const dn = textParam(params, 'ldap_group_dn');
  if (name !== undefined) filters.set('group_name', { kind: 'fuzzy', value: name });
  if (dn !== undefined) filters.set('ldap_group_dn', { kind: 'exact', value: dn.toLowerCase() });
  return { ...query, filters };
}

/** The list that a search asks for by `groupname`. @throws AppError UNPROCESSABLE_ENTITY when it is missing */
export function withSearchedName(query: ListQuery, params: unknown): ListQuery {
  const name = textParam(params, 'groupname');
  if (name === undefined) throw Errors.unprocessable('groupname in query is required');
  return { ...query, filters: new Map([['group_name', { kind: 'fuzzy', value: name }]]) };
}
