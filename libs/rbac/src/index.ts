export {
  canInProject,
  canInSystem,
  grantsInProject,
  grantsInSystem,
  type Grant,
  type ProjectSubject,
  type ScopedGrant,
  type SystemSubject,
} from './evaluator.js';
export {
  type Action,
  type Permission,
  type ProjectResource,
  type Resource,
  type SystemResource,
} from './permission.js';
export { projectPolicies, type ProjectParty } from './project-policy.js';
export { isRobotPermission, robotPermissions, type RobotProjectResource } from './robot-policy.js';
export { highestRole, isRoleId, PROJECT_ADMIN, roleName, roles, type RoleId, type RoleName } from './role.js';
export { systemPolicies } from './system-policy.js';
