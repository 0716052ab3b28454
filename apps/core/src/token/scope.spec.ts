import { parseScopes } from './scope.js';

describe('parseScopes', () => {
  it.each([
    [['repository:library/app:pull,push'], [{ type: 'repository', name: 'library/app', actions: ['pull', 'push'] }]],
    [
      ['repository:a/b:pull repository:c/d:push'],
      [
        { type: 'repository', name: 'a/b', actions: ['pull'] },
        { type: 'repository', name: 'c/d', actions: ['push'] },
      ],
    ],
    [
      ['repository:a/b:pull', 'registry:catalog:*'],
      [
        { type: 'repository', name: 'a/b', actions: ['pull'] },
        { type: 'registry', name: 'catalog', actions: ['*'] },
      ],
    ],
    [['repository:host:5000/a/b:pull'], [{ type: 'repository', name: 'host:5000/a/b', actions: ['pull'] }]],
    [['repository:a/b'], [{ type: 'repository', name: 'a/b', actions: [] }]],
    [['repository:a/b:'], [{ type: 'repository', name: 'a/b', actions: [] }]],
    [['', ':', 'nonsense', '::'], []],
    [[], []],
  ])('reads %j', (values, scopes) => {
    expect(parseScopes(values)).toEqual(scopes);
  });
});
