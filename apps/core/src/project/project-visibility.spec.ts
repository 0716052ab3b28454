import { anonymous, service, type Principal, type RobotGrant } from '@haven/auth';
import { isPublicSql, entitiesOf, visibleTo } from './project-visibility.js';

const user = (isSystemAdmin: boolean): Principal => ({
  kind: 'user',
  userId: 7,
  username: 'ada',
  isSystemAdmin,
  isAdminInAuth: false,
  groupIds: [3, 5],
  hasSession: false,
});
const robot = (...namespaces: string[]): Principal => ({
  kind: 'robot',
  robotId: 1,
  username: 'robot$r',
  grants: namespaces.map((namespace): RobotGrant => ({
    kind: namespace === '/' ? 'system' : 'project',
    namespace,
    resource: 'repository',
    action: 'pull',
  })),
});

describe('which projects lists show', () => {
  it.each([
    ['a system administrator', user(true)],
    ['another service', service],
    ['a robot for every project', robot('a', '*')],
  ])('all of them to %s', (_who, principal) => {
    expect(visibleTo(principal, 1)).toEqual({ text: 'TRUE', values: [] });
  });

  it('public ones to nobody in particular', () => {
    expect(visibleTo(anonymous, 1)).toEqual({ text: isPublicSql, values: [] });
  });

  it('public ones and their own to a user', () => {
    const { text, values } = visibleTo(user(false), 3);
    expect(text).toContain('unnest($3::text[])');
    expect(text).toContain(isPublicSql);
    expect(values).toEqual([['u7', 'g3', 'g5']]);
  });

  it('public ones and those it was made for to a robot', () => {
    const { text, values } = visibleTo(robot('a', 'b', '/'), 2);
    expect(text).toContain('project.name = ANY($2)');
    expect(values).toEqual([['a', 'b']]);
  });

  it('counts memberships of users and their groups only', () => {
    expect([user(false), robot('a'), anonymous, service].map(entitiesOf)).toEqual([['u7', 'g3', 'g5'], [], [], []]);
  });
});
