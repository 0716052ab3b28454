import { actionsOf, type Permission, type ProjectResource } from './permission.js';
import { roles, type RoleName } from './role.js';

/** Who a column of the matrix is about: a role, or anyone at all on a public project. */
export type ProjectParty = RoleName | 'anyone';

/** What each role may do inside a project, and what anyone, anonymous included, may do inside a public one. */
// prettier-ignore
const matrix: Readonly<Record<ProjectResource, readonly [string, string, string, string, string, string]>> = {
  //                      projectAdmin        maintainer          developer          guest      limited    anyone
  'self':                ['RUD',              'R',                'R',               'R',       'R',       'R'],
  'member':              ['CRUDL',            'RL',               'RL',              'RL',      '-',       '-'],
  'metadata':            ['CRUD',             'R',                '-',               '-',       '-',       '-'],
  'log':                 ['L',                '-',                '-',               '-',       '-',       '-'],
  'label':               ['CRUDL',            'CRUDL',            'RL',              'RL',      '-',       'RL'],
  'quota':               ['R',                'R',                'R',               'R',       'R',       '-'],
  'repository':          ['CRUDL pull push',  'CRUDL pull push',  'CRUL pull push',  'RL pull', 'RL pull', 'L pull'],
  'tag-retention':       ['CRUDL operate',    'CRUDL operate',    'CRUDL operate',   '-',       '-',       '-'],
  'immutable-tag':       ['CUDL',             'CUDL',             '-',               '-',       '-',       '-'],
  'configuration':       ['RU',               'R',                'R',               'R',       'R',       '-'],
  'robot':               ['CRUDL',            'RL',               'RL',              'RL',      '-',       '-'],
  'notification-policy': ['CRUDL',            'RL',               '-',               '-',       '-',       '-'],
  'scan':                ['CR stop',          'CR stop',          'R',               'R',       'R',       'R'],
  'sbom':                ['CR stop',          'CR stop',          'R',               'R',       'R',       '-'],
  'scanner':             ['CR',               'R',                'R',               'R',       'R',       'R'],
  'artifact':            ['CRDL',             'CRDL',             'CRL',             'RL',      'RL',      'RL'],
  'artifact-addition':   ['R',                'R',                'R',               'R',       'R',       'R'],
  'tag':                 ['CDL',              'CDL',              'CL',              'L',       'L',       'L'],
  'accessory':           ['L',                'L',                'L',               'L',       'L',       'L'],
  'artifact-label':      ['CD',               'CD',               'CD',              '-',       '-',       '-'],
  'preheat-policy':      ['CRUDL',            '-',                '-',               '-',       '-',       '-'],
  'export-cve':          ['CRL',              'CRL',              'CRL',             '-',       '-',       '-'],
};

const projectResources = Object.keys(matrix) as ProjectResource[];

const policiesOf = (column: number): Permission<ProjectResource>[] =>
  projectResources.flatMap((resource) =>
    actionsOf(matrix[resource][column] ?? '-').map((action) => ({ resource, action })),
  );

/** The matrix by party. */
export const projectPolicies: Readonly<Record<ProjectParty, readonly Permission<ProjectResource>[]>> = {
  projectAdmin: policiesOf(0),
  maintainer: policiesOf(1),
  developer: policiesOf(2),
  guest: policiesOf(3),
  limitedGuest: policiesOf(4),
  anyone: policiesOf(5),
};

const keysOf = (party: ProjectParty): ReadonlySet<string> =>
  new Set(projectPolicies[party].map(({ resource, action }) => `${resource}:${action}`));

/** `resource:action` keys by role id, for the evaluator. */
export const keysByRole: ReadonlyMap<number, ReadonlySet<string>> = new Map(
  roles.map((role) => [role.id, keysOf(role.name)]),
);

/** `resource:action` keys that a public project grants to anyone. */
export const publicKeys: ReadonlySet<string> = keysOf('anyone');
