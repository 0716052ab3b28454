import { badRequest, textParam, type ListQuery } from '@haven/http';
import { isRoleId } from '@haven/rbac';
import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const id = z
  .int()
  .nullish()
  .transform((value) => value ?? 0);
const roleId = id.refine(isRoleId, badRequest('there is no such role'));

/** Harbor's ProjectMember: a role for a user or for a group. */
export const memberBody = z.object({
  role_id: roleId,
  member_user: z.object({ user_id: id, username: text }).nullish(),
  member_group: z.object({ id, group_name: text, group_type: id, ldap_group_dn: text }).nullish(),
});

/** Harbor's RoleRequest. */
export const roleBody = z.object({ role_id: roleId });

export type MemberBody = z.infer<typeof memberBody>;
export type RoleBody = z.infer<typeof roleBody>;

/** `entityname` of the query: the exact name of a user or a group. */
export function withEntityName(query: ListQuery, params: unknown): ListQuery {
  const name = textParam(params, 'entityname');
  const filters = new Map(name === undefined ? [] : [['entity_name', { kind: 'exact', value: name } as const]]);
  return { ...query, filters, sort: [] };
}
