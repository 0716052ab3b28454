/** The roles that a member of a project can have. Ids are Harbor's and stand in `project_member.role`. */
export const roles = [
  { id: 1, name: 'projectAdmin', rank: 50 },
  { id: 4, name: 'maintainer', rank: 40 },
  { id: 2, name: 'developer', rank: 30 },
  { id: 3, name: 'guest', rank: 20 },
  { id: 5, name: 'limitedGuest', rank: 10 },
] as const;

export type RoleName = (typeof roles)[number]['name'];
export type RoleId = (typeof roles)[number]['id'];

export const PROJECT_ADMIN = 1 satisfies RoleId;

export const isRoleId = (id: number): id is RoleId => roles.some((role) => role.id === id);

/** Name of a role, or null for an id that is no role. */
export const roleName = (id: number): RoleName | null => roles.find((role) => role.id === id)?.name ?? null;

/** Of several roles (own and through groups) the one that counts most, or null for none: `current_user_role_id`. */
export const highestRole = (ids: readonly number[]): RoleId | null =>
  roles.find((role) => ids.includes(role.id))?.id ?? null;
