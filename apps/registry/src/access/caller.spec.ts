import { Caller } from './caller.js';

const grant = (name: string, actions: string[], project?: number) => ({
  type: 'repository',
  name,
  actions,
  ...(project === undefined ? {} : { project_id: project }),
});

describe('Caller', () => {
  it.each([
    ['the action', [grant('p/a', ['pull'], 1)], true],
    ['every action', [grant('p/a', ['*'], 1)], true],
    ['the action, in another scope of the same repository', [grant('p/a', [], 1), grant('p/a', ['pull'], 1)], true],
    ['another action', [grant('p/a', ['push', 'delete'], 1)], false],
    ['another repository of the project', [grant('p/b', ['pull'], 1)], false],
    ['the project as if it were a repository', [grant('p', ['*'], 1)], false],
    ['another project of the same name', [grant('p/a', ['pull'], 2)], false],
    ['no project', [grant('p/a', ['pull'])], false],
    ['another type', [{ ...grant('p/a', ['pull'], 1), type: 'registry' }], false],
    ['nothing', [], false],
  ])('with a grant of %s', (_what, access, expected) => {
    expect(new Caller('alice', access).may('pull', 'p/a', 1)).toBe(expected);
  });

  it('is outdated when all that was granted was for another project', () => {
    const outdated = new Caller('alice', [grant('p/a', ['pull'], 2), grant('p/a', ['push'], 3)]);
    expect(outdated.isOutdated('pull', 'p/a', 1)).toBe(true);
    expect(outdated.isOutdated('delete', 'p/a', 1)).toBe(false);
    expect(new Caller('alice', [grant('p/a', ['pull'], 1)]).isOutdated('pull', 'p/a', 1)).toBe(false);
  });

  it('lists the catalog only with a grant for it', () => {
    const catalog = { type: 'registry', name: 'catalog', actions: ['*'] };
    expect(new Caller('admin', [catalog]).mayListCatalog()).toBe(true);
    for (const access of [
      { ...catalog, actions: [] },
      { ...catalog, type: 'repository' },
      grant('catalog', ['*'], 1),
    ]) {
      expect(new Caller('admin', [access]).mayListCatalog()).toBe(false);
    }
  });

  it('names what it may pull', () => {
    const access = [
      grant('p/a', ['pull'], 1),
      grant('p/b', ['push'], 1),
      grant('q/c', ['*'], 2),
      grant('q/d', ['pull']),
    ];
    expect(new Caller('', access).pullable()).toEqual([
      { repository: 'p/a', projectId: 1 },
      { repository: 'q/c', projectId: 2 },
    ]);
  });
});
