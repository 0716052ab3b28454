import type { Principal } from '@haven/auth';
import { isTruth } from './query-params.js';

/** A project as far as access to it goes. */
export interface ProjectIdentity {
  projectId: number;
  name: string;
  isPublic: boolean;
}

/** How a caller names a project. */
export type ProjectKey = { id: number } | { name: string };

/** Where projects and memberships are looked up; implemented by the application that owns them, one query each. */
export interface ProjectDirectory {
  /** The project, or null when there is none (any more). */
  findProject(key: ProjectKey): Promise<ProjectIdentity | null>;
  /** Ids of the roles that the principal has in the project, own and through groups. */
  rolesOf(principal: Principal, projectId: number): Promise<number[]>;
}

/** Injection token of the {@link ProjectDirectory}. */
export const PROJECT_DIRECTORY = Symbol('ProjectDirectory');

/** How `{project_name_or_id}` reads: digits are an id, unless `X-Is-Resource-Name` says that it is a name. */
export function projectKey(nameOrId: string, isResourceName: string | string[] | undefined): ProjectKey {
  const isName = typeof isResourceName === 'string' && isTruth(isResourceName);
  const id = /^\d+$/.test(nameOrId) ? Number(nameOrId) : NaN;
  return isName || !Number.isSafeInteger(id) ? { name: nameOrId } : { id };
}
