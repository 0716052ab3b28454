import { compileRule, type ImmutableRule } from './immutable-rule.js';

const rule = (repository: [string, string], tag: [string, string]): ImmutableRule => ({
  tag_selectors: [{ kind: 'doublestar', decoration: tag[0], pattern: tag[1] }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: repository[0], pattern: repository[1] }] },
});
const all: [string, string] = ['repoMatches', '**'];

describe('an immutable tag rule', () => {
  it.each([
    [rule(all, ['matches', '**']), 'app', 'latest', true],
    [rule(all, ['matches', '*']), 'app', '.hidden', true],
    [rule(all, ['matches', 'v*']), 'app', 'v1.0', true],
    [rule(all, ['matches', 'v*']), 'app', 'latest', false],
    [rule(all, ['matches', '{release,stable}-*']), 'app', 'stable-1', true],
    [rule(all, ['matches', 'v?.?']), 'app', 'v1.2', true],
    [rule(all, ['matches', 'v[0-9]*']), 'app', 'vx', false],
    [rule(all, ['excludes', 'dev*']), 'app', 'v1', true],
    [rule(all, ['excludes', 'dev*']), 'app', 'dev-7', false],
    [rule(['repoMatches', 'app'], ['matches', '**']), 'app', 'x', true],
    [rule(['repoMatches', 'app'], ['matches', '**']), 'app/sub', 'x', false],
    [rule(['repoMatches', 'app/*'], ['matches', '**']), 'app/sub', 'x', true],
    [rule(['repoMatches', 'app/*'], ['matches', '**']), 'app/sub/deep', 'x', false],
    [rule(['repoMatches', 'app/**'], ['matches', '**']), 'app/sub/deep', 'x', true],
    [rule(['repoExcludes', '{test,tmp}/**'], ['matches', '**']), 'test/a', 'x', false],
    [rule(['repoExcludes', '{test,tmp}/**'], ['matches', '**']), 'app', 'x', true],
  ])('%j on %s:%s: %s', (given, repository, tag, expected) => {
    expect(compileRule(given)(repository, tag)).toBe(expected);
  });

  it('looks at the first selector of each kind, and covers nothing without one', () => {
    const two = rule(all, ['matches', 'v*']);
    const [first] = two.tag_selectors;
    const more = { ...two, tag_selectors: [...(first ? [first] : []), { ...two.tag_selectors[0], pattern: '**' }] };
    expect(compileRule(more as ImmutableRule)('app', 'latest')).toBe(false);
    expect(compileRule({ tag_selectors: [], scope_selectors: {} })('app', 'latest')).toBe(false);
  });
});
