import type { Principal } from '@haven/auth';
import { Errors, type AppError } from '@haven/errors';
import {
  canInProject,
  canInSystem,
  grantsInProject,
  grantsInSystem,
  type Action,
  type ProjectResource,
  type SystemResource,
} from '@haven/rbac';
import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  PROJECT_DIRECTORY,
  type ProjectIdentity,
  type ProjectDirectory,
  type ProjectKey,
} from './project-directory.js';

/** A project that the caller was let into, with the caller's roles there. */
export interface ProjectAccess {
  project: ProjectIdentity;
  roles: readonly number[];
}

/** System administrators and other Haven services may do everything. */
export const isSystemAdmin = (principal: Principal): boolean =>
  principal.kind === 'service' || (principal.kind === 'user' && principal.isSystemAdmin);

/** Says no: 401 to who has not said who they are, 403 to everyone else. */
export const refusal = (principal: Principal): AppError =>
  principal.kind === 'anonymous' ? Errors.unauthorized() : Errors.forbidden();

/** Decides what a principal may do. The guard asks it for what operations declare, services for anything finer. */
@Injectable()
export class AccessService {
  constructor(@Optional() @Inject(PROJECT_DIRECTORY) private readonly directory: ProjectDirectory | undefined) {}

  canInSystem(principal: Principal, resource: SystemResource, action: Action): boolean {
    const robotGrants = principal.kind === 'robot' ? grantsInSystem(principal.grants) : [];
    return canInSystem({ isSystemAdmin: isSystemAdmin(principal), robotGrants }, resource, action);
  }

  canInProject(principal: Principal, access: ProjectAccess, resource: ProjectResource, action: Action): boolean {
    const { project, roles } = access;
    const robotGrants = principal.kind === 'robot' ? grantsInProject(principal.grants, project.name) : [];
    const subject = {
      isSystemAdmin: isSystemAdmin(principal),
      isPublic: project.isPublic,
      roleIds: roles,
      robotGrants,
    };
    return canInProject(subject, resource, action);
  }

  /** @throws UNAUTHORIZED or FORBIDDEN */
  requireInSystem(principal: Principal, resource: SystemResource, action: Action): void {
    if (!this.canInSystem(principal, resource, action)) throw refusal(principal);
  }

  /**
   * Looks the project up and lets the principal in. Who may not enter never learns whether it exists.
   * @throws UNAUTHORIZED or FORBIDDEN; NOT_FOUND for a missing project, to system administrators only
   */
  async requireInProject(
    principal: Principal,
    key: ProjectKey,
    resource: ProjectResource,
    action: Action,
  ): Promise<ProjectAccess> {
    const directory = this.assertDirectory();
    const project = await directory.findProject(key);
    if (project === null) {
      throw isSystemAdmin(principal)
        ? Errors.notFound(`project ${'id' in key ? key.id : key.name} not found`)
        : refusal(principal);
    }
    const roles = principal.kind === 'user' ? await directory.rolesOf(principal, project.projectId) : [];
    const access = { project, roles };
    if (!this.canInProject(principal, access, resource, action)) throw refusal(principal);
    return access;
  }

  /** @throws when the application provides no PROJECT_DIRECTORY, which operations in projects need */
  assertDirectory(): ProjectDirectory {
    if (this.directory === undefined)
      throw new Error('operations are declared inProject, but nothing provides PROJECT_DIRECTORY');
    return this.directory;
  }
}
