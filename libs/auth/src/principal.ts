/** Nobody has said who they are. */
export interface AnonymousPrincipal {
  kind: 'anonymous';
  username: '';
}

/** A row of harbor_user. */
export interface UserPrincipal {
  kind: 'user';
  userId: number;
  username: string;
  /** `sysadmin_flag`, or `isAdminInAuth`: every resource and action is allowed. */
  isSystemAdmin: boolean;
  /** The log-in said so: the user is in the directory's or the identity provider's admin group. */
  isAdminInAuth: boolean;
  /** Rows of user_group that the log-in found the user in: memberships of these groups are the user's. */
  groupIds: readonly number[];
  /** True when the request came with a session cookie and not with credentials. */
  hasSession: boolean;
}

/** One permission of a robot account: `namespace` is a project name, `*` for all projects, or `/` for the system. */
export interface RobotGrant {
  kind: 'project' | 'system';
  namespace: string;
  resource: string;
  action: string;
}

export interface RobotPrincipal {
  kind: 'robot';
  robotId: number;
  username: string;
  grants: readonly RobotGrant[];
}

/** Another Haven service, known by the internal credential: allowed everything. */
export interface ServicePrincipal {
  kind: 'service';
  username: 'harbor-service';
}

/** Who a request acts as. Every request has exactly one. */
export type Principal = AnonymousPrincipal | UserPrincipal | RobotPrincipal | ServicePrincipal;

export const anonymous: AnonymousPrincipal = { kind: 'anonymous', username: '' };
export const service: ServicePrincipal = { kind: 'service', username: 'harbor-service' };
