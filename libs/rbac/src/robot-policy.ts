import { permissionsOf, type ProjectResource, type SystemResource } from './permission.js';

/** A robot's word for the project itself is `project`, where people's policies say `self`. */
export type RobotProjectResource = Exclude<ProjectResource, 'self' | 'configuration'> | 'project';

const system = {
  'audit-log': 'L',
  'preheat-instance': 'CRUDL',
  project: 'CL',
  'replication-policy': 'CRUDL',
  replication: 'CRL',
  'replication-adapter': 'L',
  registry: 'CRUDL',
  'scan-all': 'CRU stop',
  'system-volumes': 'R',
  'garbage-collection': 'CRUL stop',
  'purge-audit': 'CRUL stop',
  'jobservice-monitor': 'L stop',
  scanner: 'CRUDL',
  label: 'CRUD',
  'security-hub': 'RL',
  catalog: 'R',
  quota: 'RLU',
  robot: 'CRDL',
  user: 'CRUDL',
  'ldap-user': 'CL',
  'user-group': 'CRUDL',
} satisfies Partial<Record<SystemResource, string>>;

const project = {
  log: 'L',
  project: 'RUD',
  metadata: 'CRUDL',
  repository: 'RUDL pull push',
  artifact: 'CRDL',
  scan: 'CR stop',
  sbom: 'CR stop',
  tag: 'CDL',
  accessory: 'L',
  'artifact-addition': 'R',
  'artifact-label': 'CD',
  scanner: 'CR',
  'preheat-policy': 'CRUDL',
  'immutable-tag': 'CUDL',
  'notification-policy': 'CRUDL',
  'tag-retention': 'CRUDL',
  label: 'CRUDL',
  quota: 'R',
  robot: 'CRDL',
  'export-cve': 'CR',
  member: 'CRUDL',
} satisfies Partial<Record<RobotProjectResource, string>>;

/** All that a robot account can be granted, by kind: the answer of GET /permissions. */
export const robotPermissions = { system: permissionsOf(system), project: permissionsOf(project) } as const;

/** True when a robot may be given this permission; anything else in a request is refused. */
export const isRobotPermission = (kind: 'system' | 'project', resource: string, action: string): boolean =>
  robotPermissions[kind].some((permission) => permission.resource === resource && permission.action === action);
