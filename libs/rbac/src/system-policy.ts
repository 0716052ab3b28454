import { permissionsOf, type SystemResource } from './permission.js';

/** What a system administrator is told to hold at `/users/current/permissions?scope=/system`; may do is everything. */
export const systemPolicies = permissionsOf({
  catalog: 'R',
  'audit-log': 'L',
  project: 'CRUDL',
  user: 'CRUDL',
  'user-group': 'CRUDL',
  registry: 'CRUDL',
  replication: 'CRUDL',
  distribution: 'CRUDL',
  'garbage-collection': 'CRUDL',
  'scan-all': 'CRUDL stop',
  'system-volumes': 'R',
  'ldap-user': 'CL',
  configuration: 'RU',
  'jobservice-monitor': 'RL stop',
  'security-hub': 'RL',
} satisfies Partial<Record<SystemResource, string>>);
