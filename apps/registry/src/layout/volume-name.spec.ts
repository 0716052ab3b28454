import { havenName, planNames } from './volume-name.js';

describe('havenName', () => {
  it.each([
    ['team/app', 'team/app'],
    ['team/a__b/c---d.e', 'team/a__b/c---d.e'],
    ['nginx', 'library/nginx'],
    ['Nginx', 'library/nginx'],
    ['Team/App', 'team/app'],
    ['my team/an app', 'my-team/an-app'],
    ['a__b/c', 'a-b/c'],
    ['team/a..b._c', 'team/a-b-c'],
    ['team/-app_', 'team/app'],
    ['team/übung', 'team/bung'],
  ])('makes of %j %j', (source, name) => {
    expect(havenName(source, 'library')).toBe(name);
  });

  it.each(['team/日本', '.', 'team/..', `team/${'a'.repeat(255)}`])('makes nothing of %j', (source) => {
    expect(havenName(source, 'library')).toBeNull();
  });

  it('puts what has no project into the one that is named', () => {
    expect(havenName('nginx', 'hub')).toBe('hub/nginx');
  });
});

describe('planNames', () => {
  it('lets a name that needs no change win, and no other', () => {
    const plan = planNames(['Nginx', 'library/nginx', 'Team/x', 'team/X', 'ok', '日本'], 'library');
    expect(plan.taken).toEqual([
      { source: 'library/nginx', name: 'library/nginx' },
      { source: 'ok', name: 'library/ok' },
    ]);
    expect(plan.refused).toEqual([
      { source: 'Nginx', why: 'library/nginx would be called library/nginx too' },
      { source: 'Team/x', why: 'team/X would be called team/x too' },
      { source: 'team/X', why: 'Team/x would be called team/x too' },
      { source: '日本', why: 'no name can be made of this' },
    ]);
  });
});
