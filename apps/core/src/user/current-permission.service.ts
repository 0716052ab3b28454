import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { AccessService, isSystemAdmin, PROJECT_DIRECTORY, type ProjectDirectory } from '@haven/http';
import { projectPolicies, systemPolicies, type Permission } from '@haven/rbac';
import type { PermissionQuery } from './user.schema.js';

/** What the caller may do, for a portal that shows only what works. */
@Injectable()
export class CurrentPermissionService {
  constructor(
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(PROJECT_DIRECTORY) private readonly directory: ProjectDirectory,
  ) {}

  /** @returns permissions in the scope `/system` or `/project/{id}`; none for any other */
  async list(viewer: Principal, { scope, relative }: PermissionQuery): Promise<Permission<string>[]> {
    const project = /^\/project\/(\d{1,15})(?:\/|$)/.exec(scope);
    const isSystem = /^\/system(?:\/|$)/.test(scope);
    const root = isSystem ? '/system' : `/project/${Number(project?.[1])}`;
    const permissions = isSystem
      ? systemPolicies.filter(({ resource, action }) => this.access.canInSystem(viewer, resource, action))
      : project === null
        ? []
        : await this.inProject(viewer, Number(project[1]));
    const named = permissions.map(({ resource, action }) => ({
      resource: resource === 'self' ? root : `${root}/${resource}`,
      action,
    }));
    return relative ? named.flatMap((permission) => relativeTo(scope, permission)) : named;
  }

  private async inProject(viewer: Principal, projectId: number): Promise<Permission[]> {
    const project = await this.directory.findProject({ id: projectId });
    if (project === null) return isSystemAdmin(viewer) ? [...projectPolicies.projectAdmin] : [];
    const roles = await this.directory.rolesOf(viewer, projectId);
    // What an admin may do is all that anyone may.
    return projectPolicies.projectAdmin.filter(({ resource, action }) =>
      this.access.canInProject(viewer, { project, roles }, resource, action),
    );
  }
}

/** The permission with its resource told from the scope on; the scope itself is `.`; what lies outside is left out. */
function relativeTo(scope: string, { resource, action }: Permission<string>): Permission<string>[] {
  if (!resource.startsWith(scope)) return [];
  const rest = resource.slice(scope.length).replace(/^\//, '');
  return [{ resource: rest === '' ? '.' : rest, action }];
}
