const actions = [
  'create',
  'read',
  'update',
  'delete',
  'list',
  'pull',
  'push',
  'operate',
  'stop',
  'scanner-pull',
] as const;

/** Every action that a permission can name. `scanner-pull` is granted to nobody; tokens for scanners carry it. */
export type Action = (typeof actions)[number];

/** Resources that live inside a project; `self` is the project. */
export type ProjectResource =
  | 'self'
  | 'member'
  | 'metadata'
  | 'log'
  | 'label'
  | 'quota'
  | 'repository'
  | 'tag-retention'
  | 'immutable-tag'
  | 'configuration'
  | 'robot'
  | 'notification-policy'
  | 'scan'
  | 'sbom'
  | 'scanner'
  | 'artifact'
  | 'artifact-addition'
  | 'tag'
  | 'accessory'
  | 'artifact-label'
  | 'preheat-policy'
  | 'export-cve';

/** Resources of the whole installation. */
export type SystemResource =
  | 'audit-log'
  | 'catalog'
  | 'configuration'
  | 'distribution'
  | 'garbage-collection'
  | 'jobservice-monitor'
  | 'label'
  | 'ldap-user'
  | 'preheat-instance'
  | 'project'
  | 'purge-audit'
  | 'quota'
  | 'registry'
  | 'replication'
  | 'replication-adapter'
  | 'replication-policy'
  | 'robot'
  | 'scan-all'
  | 'scanner'
  | 'security-hub'
  | 'system-volumes'
  | 'user'
  | 'user-group';

export type Resource = ProjectResource | SystemResource;

export interface Permission<R extends string = Resource> {
  resource: R;
  action: Action;
}

const letters: Readonly<Record<string, Action>> = { C: 'create', R: 'read', U: 'update', D: 'delete', L: 'list' };

function actionOf(word: string): Action {
  const action = letters[word] ?? actions.find((known) => known === word);
  if (action === undefined) throw new Error(`no such action: ${word}`);
  return action;
}

/** Reads the shorthand of the tables in this folder: `'CRL push'` is create, read, list and push; `'-'` is nothing. */
export const actionsOf = (shorthand: string): Action[] => shorthand.match(/[CRUDL]|[a-z][a-z-]*/g)?.map(actionOf) ?? [];

/** All permissions of a table that gives each resource its actions in shorthand. */
export const permissionsOf = <R extends string>(table: Readonly<Record<R, string>>): Permission<R>[] =>
  (Object.keys(table) as R[]).flatMap((resource) => actionsOf(table[resource]).map((action) => ({ resource, action })));
