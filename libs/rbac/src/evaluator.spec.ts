import {
  canInProject,
  canInSystem,
  grantsInProject,
  grantsInSystem,
  highestRole,
  isRobotPermission,
  projectPolicies,
  robotPermissions,
  roleName,
  systemPolicies,
  type Action,
  type ProjectResource,
  type ProjectSubject,
  type ScopedGrant,
} from './index.js';

const nobody: ProjectSubject = { isSystemAdmin: false, isPublic: false, roleIds: [] };
const withRoles = (...roleIds: number[]): ProjectSubject => ({ ...nobody, roleIds });
const onPublic: ProjectSubject = { ...nobody, isPublic: true };
const robot = (...grants: string[]): ProjectSubject => ({
  ...nobody,
  robotGrants: grants.map((grant) => {
    const [resource = '', action = ''] = grant.split(':');
    return { resource, action };
  }),
});

describe('canInProject', () => {
  const cases: [string, ProjectSubject, ProjectResource, Action, boolean][] = [
    ['nobody on a private project', nobody, 'repository', 'pull', false],
    ['anyone pulls from a public project', onPublic, 'repository', 'pull', true],
    ['anyone lists repositories of a public project', onPublic, 'repository', 'list', true],
    ['anyone does not read one repository of it', onPublic, 'repository', 'read', false],
    ['anyone does not push to it', onPublic, 'repository', 'push', false],
    ['a limited guest sees no members', withRoles(5), 'member', 'list', false],
    ['a guest pulls', withRoles(3), 'repository', 'pull', true],
    ['a guest does not push', withRoles(3), 'repository', 'push', false],
    ['a developer pushes', withRoles(2), 'repository', 'push', true],
    ['a developer does not delete artifacts', withRoles(2), 'artifact', 'delete', false],
    ['a maintainer does not add members', withRoles(4), 'member', 'create', false],
    ['a project admin adds members', withRoles(1), 'member', 'create', true],
    ['no role lists metadata', withRoles(1), 'metadata', 'list', false],
    ['roles add up: guest and maintainer', withRoles(3, 4), 'artifact', 'delete', true],
    ['an unknown role counts for nothing', withRoles(99), 'repository', 'pull', false],
    ['a member has the public policy too', { ...withRoles(5), isPublic: true }, 'label', 'list', true],
    ['a system administrator does everything', { ...nobody, isSystemAdmin: true }, 'metadata', 'list', true],
    [
      'nobody is granted scanner-pull',
      { ...withRoles(1, 2, 3, 4, 5), isPublic: true },
      'repository',
      'scanner-pull',
      false,
    ],
    ['a robot has what it was granted', robot('artifact:delete'), 'artifact', 'delete', true],
    ['and nothing else', robot('artifact:delete'), 'artifact', 'read', false],
    ['push implies pull for a robot', robot('repository:push'), 'repository', 'pull', true],
    ['push implies no more than pull', robot('repository:push'), 'repository', 'read', false],
    ['pull does not imply push', robot('repository:pull'), 'repository', 'push', false],
    ['a robot has the public policy too', { ...robot(), isPublic: true }, 'repository', 'pull', true],
  ];
  it.each(cases)('%s', (_title, subject, resource, action, expected) => {
    expect(canInProject(subject, resource, action)).toBe(expected);
  });
});

describe('robot grants', () => {
  const grants: ScopedGrant[] = [
    { kind: 'project', namespace: 'library', resource: 'repository', action: 'push' },
    { kind: 'project', namespace: '*', resource: 'project', action: 'read' },
    { kind: 'system', namespace: '/', resource: 'user', action: 'list' },
  ];

  it('hold in the named project, or in all', () => {
    expect(grantsInProject(grants, 'library')).toEqual([
      { resource: 'repository', action: 'push' },
      { resource: 'self', action: 'read' },
    ]);
    expect(grantsInProject(grants, 'other')).toEqual([{ resource: 'self', action: 'read' }]);
  });

  it('are not taken from one scope into the other', () => {
    const inSystem = { isSystemAdmin: false, robotGrants: grantsInSystem(grants) };
    expect(canInSystem(inSystem, 'user', 'list')).toBe(true);
    expect(canInSystem(inSystem, 'user', 'create')).toBe(false);
    expect(canInSystem(inSystem, 'project', 'list')).toBe(false);
    const slash: ScopedGrant = { kind: 'system', namespace: '/', resource: 'label', action: 'create' };
    expect(grantsInProject([slash], '/')).toEqual([]);
  });

  it('come from a catalogue of 70 system and 70 project permissions', () => {
    expect(robotPermissions.system).toHaveLength(70);
    expect(robotPermissions.project).toHaveLength(70);
    expect(isRobotPermission('project', 'repository', 'push')).toBe(true);
    expect(isRobotPermission('system', 'repository', 'push')).toBe(false);
    expect(isRobotPermission('project', 'repository', 'scanner-pull')).toBe(false);
    expect(isRobotPermission('project', 'configuration', 'read')).toBe(false);
    expect(isRobotPermission('project', 'robot', 'update')).toBe(false);
    expect(isRobotPermission('system', 'distribution', 'read')).toBe(false);
  });
});

describe('canInSystem', () => {
  it('is for system administrators and granted robots only', () => {
    expect(canInSystem({ isSystemAdmin: true }, 'purge-audit', 'stop')).toBe(true);
    expect(canInSystem({ isSystemAdmin: false }, 'catalog', 'read')).toBe(false);
  });
});

describe('the policies', () => {
  it('give a project admin whatever any other party has, so that this column is the list of all', () => {
    const keys = (party: keyof typeof projectPolicies) =>
      projectPolicies[party].map(({ resource, action }) => `${resource}:${action}`);
    const admin = new Set(keys('projectAdmin'));
    for (const party of Object.keys(projectPolicies) as (keyof typeof projectPolicies)[]) {
      expect(keys(party).filter((key) => !admin.has(key))).toEqual([]);
    }
  });

  it('of the system are 53', () => {
    expect(systemPolicies).toHaveLength(53);
  });
});

describe('roles', () => {
  it('rank projectAdmin, maintainer, developer, guest, limitedGuest', () => {
    expect(highestRole([5, 3, 2, 4, 1])).toBe(1);
    expect(highestRole([5, 3, 2, 4])).toBe(4);
    expect(highestRole([5, 3, 2])).toBe(2);
    expect(highestRole([5, 3])).toBe(3);
    expect(highestRole([5])).toBe(5);
    expect(highestRole([])).toBeNull();
  });

  it('have names', () => {
    expect([1, 2, 3, 4, 5, 6].map(roleName)).toEqual([
      'projectAdmin',
      'developer',
      'guest',
      'maintainer',
      'limitedGuest',
      null,
    ]);
  });
});
