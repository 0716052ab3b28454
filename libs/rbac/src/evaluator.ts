import type { Action, ProjectResource, SystemResource } from './permission.js';
import { keysByRole, publicKeys } from './project-policy.js';

/** What a robot holds inside one scope. Words are free text, because they come from stored rows. */
export interface Grant {
  resource: string;
  action: string;
}

/** A stored grant with its scope: a project name, `*` for every project, or `/` for the system. */
export interface ScopedGrant extends Grant {
  kind: 'project' | 'system';
  namespace: string;
}

export interface SystemSubject {
  isSystemAdmin: boolean;
  /** Grants in the system scope ({@link grantsInSystem}); only robots have any. */
  robotGrants?: readonly Grant[];
}

export interface ProjectSubject {
  isSystemAdmin: boolean;
  /** Whether the project is public. */
  isPublic: boolean;
  /** Roles in the project, own and through groups; ids that are no role count for nothing. */
  roleIds: readonly number[];
  /** Grants in this project ({@link grantsInProject}); only robots have any. */
  robotGrants?: readonly Grant[];
}

/** The grants that hold inside the named project, in the words of the role matrix. */
export const grantsInProject = (grants: readonly ScopedGrant[], projectName: string): Grant[] =>
  grants
    .filter(({ kind, namespace }) => kind === 'project' && (namespace === projectName || namespace === '*'))
    .map(({ resource, action }) => ({ resource: resource === 'project' ? 'self' : resource, action }));

/** The grants that hold for the installation as a whole. */
export const grantsInSystem = (grants: readonly ScopedGrant[]): Grant[] =>
  grants.filter(({ kind, namespace }) => kind === 'system' && namespace === '/');

const holds = (grants: readonly Grant[], resource: string, action: string): boolean =>
  grants.some((grant) => grant.resource === resource && grant.action === action);

/**
 * May the subject do this inside the project? Default deny. A system administrator may do everything; anyone has the
 * public policy on a public project; several roles add up; a robot that may push may pull.
 */
export function canInProject(subject: ProjectSubject, resource: ProjectResource, action: Action): boolean {
  if (subject.isSystemAdmin) return true;
  const key = `${resource}:${action}`;
  if (subject.isPublic && publicKeys.has(key)) return true;
  if (subject.roleIds.some((id) => keysByRole.get(id)?.has(key) === true)) return true;
  const grants = subject.robotGrants ?? [];
  return holds(grants, resource, action) || (key === 'repository:pull' && holds(grants, 'repository', 'push'));
}

/** May the subject do this to the installation? Default deny: system administrators, and robots by grant. */
export const canInSystem = (subject: SystemSubject, resource: SystemResource, action: Action): boolean =>
  subject.isSystemAdmin || holds(subject.robotGrants ?? [], resource, action);
