import { Errors } from '@haven/errors';
import { booleanParam, textParam, type Filter, type ListQuery } from '@haven/http';
import { z } from 'zod';

/** An absent text is an empty one, as with Harbor. */
const text = (max = Infinity) =>
  z
    .string()
    .max(max)
    .nullish()
    .transform((value) => value ?? '');

/** Harbor's UserCreationReq. */
export const creationBody = z.object({
  username: text(255),
  email: text(255),
  realname: text(),
  comment: text(),
  password: text(),
});

/** Harbor's UserProfile. */
export const profileBody = z.object({ email: text(), realname: text(), comment: text() });

/** Harbor's PasswordReq. */
export const passwordBody = z.object({ old_password: text(), new_password: text() });

/** Harbor's UserSysAdminFlag. */
export const sysAdminBody = z.object({
  sysadmin_flag: z
    .boolean()
    .nullish()
    .transform((flag) => flag ?? false),
});

export type CreationBody = z.infer<typeof creationBody>;
export type ProfileBody = z.infer<typeof profileBody>;
export type PasswordBody = z.infer<typeof passwordBody>;
export type SysAdminBody = z.infer<typeof sysAdminBody>;

const withFuzzy = (query: ListQuery, params: unknown, names: readonly string[]): ListQuery => {
  const filters = new Map<string, Filter>(query.filters);
  for (const name of names) {
    const value = textParam(params, name);
    if (value !== undefined) filters.set(name, { kind: 'fuzzy', value });
  }
  return { ...query, filters };
};

/** The list that `username` and `email` ask for beside `q`, over which they win. */
export const withUserParams = (query: ListQuery, params: unknown): ListQuery =>
  withFuzzy(query, params, ['username', 'email']);

/** `username` of a search. @throws AppError UNPROCESSABLE_ENTITY when it is missing */
export function searchedName(params: unknown): string {
  const name = textParam(params, 'username');
  if (name === undefined) throw Errors.unprocessable('username in query is required');
  return name;
}

/** Of whom permissions are asked: `scope`, and whether resources are told relative to it. */
export interface PermissionQuery {
  scope: string;
  relative: boolean;
}

export const permissionQuery = (params: unknown): PermissionQuery => ({
  scope: textParam(params, 'scope') ?? '',
  relative: booleanParam(params, 'relative') ?? false,
});
