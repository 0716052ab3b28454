import { walkGroups, type DirectoryGroup, type GroupQuestion } from './group-walk.js';

/** Which groups are in which. */
const parents: Readonly<Record<string, readonly string[]>> = {
  'cn=a': ['cn=b'],
  'cn=b': ['CN=C'],
  'cn=c': ['cn=a'],
  'cn=flat': [],
};

/** A directory that keeps at each entry what it is in, or does not. */
const directoryOf = (keeps: boolean) => {
  const questions: GroupQuestion[] = [];
  const group = (dn: string): DirectoryGroup => ({ dn, name: dn, memberOf: keeps ? (parents[dn] ?? []) : [] });
  const find = ({ named, containing }: GroupQuestion) => {
    questions.push({ named, containing });
    const above = [...named, ...containing.flatMap((dn) => (dn === 'uid=u' ? ['cn=a'] : (parents[dn] ?? [])))];
    return Promise.resolve([...new Set(above.map((dn) => dn.toLowerCase()))].filter((dn) => dn in parents).map(group));
  };
  return { questions, find };
};

const names = (groups: readonly DirectoryGroup[]): string[] => groups.map(({ dn }) => dn).sort();

describe('groups of somebody', () => {
  it('are one query when none is in another', async () => {
    const { find, questions } = directoryOf(true);
    expect(names(await walkGroups({ dn: 'uid=x', memberOf: ['cn=flat'] }, find, false))).toEqual(['cn=flat']);
    expect(questions).toEqual([{ named: ['cn=flat'], containing: ['uid=x'] }]);
  });

  it('are followed by what the entries say, one query a level, and out of a circle', async () => {
    const { find, questions } = directoryOf(true);
    const found = await walkGroups({ dn: 'uid=u', memberOf: ['cn=a'] }, find, false);
    expect(names(found)).toEqual(['cn=a', 'cn=b', 'cn=c']);
    expect(questions).toHaveLength(3);
  });

  it('are followed by their members where entries say nothing', async () => {
    const { find, questions } = directoryOf(false);
    expect(names(await walkGroups({ dn: 'uid=u', memberOf: [] }, find, false))).toEqual(['cn=a', 'cn=b', 'cn=c']);
    expect(questions.map(({ containing }) => containing)).toEqual(
      [['uid=u'], ['cn=a'], ['cn=b'], ['CN=C']].map((dns) => dns.map((dn) => dn.toLowerCase())),
    );
  });

  it('are one query where the directory goes through the levels', async () => {
    const { find, questions } = directoryOf(true);
    await walkGroups({ dn: 'uid=u', memberOf: ['cn=a'] }, find, true);
    expect(questions).toHaveLength(1);
  });

  it('end where there is no end', async () => {
    let asked = 0;
    const find = () => Promise.resolve([{ dn: `cn=${(asked += 1)}`, name: '', memberOf: [`cn=${asked + 1}`] }]);
    expect(await walkGroups({ dn: 'uid=u', memberOf: ['cn=1'] }, find, false)).toHaveLength(10);
    expect(asked).toBe(10);
  });
});
