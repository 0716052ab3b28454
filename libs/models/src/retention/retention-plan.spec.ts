import { planRetention } from './retention-plan.js';
import type { RetentionCandidate, RetentionRule } from './retention-rule.js';

const now = Date.parse('2026-05-31T00:00:00Z');
const daysAgo = (days: number): number => now - days * 86_400_000;
const at = (digest: string, tags: string[], pushed: number, pulled?: number): RetentionCandidate => ({
  digest,
  tags,
  pushedAt: daysAgo(pushed),
  pulledAt: pulled === undefined ? 0 : daysAgo(pulled),
});
const selector = (decoration: string, pattern: string, extras = ''): RetentionRule['tag_selectors'][number] => ({
  kind: 'doublestar',
  decoration,
  pattern,
  extras,
});
const rule = (
  template: string,
  parameter?: number,
  tags = selector('matches', '**'),
  repositories = selector('repoMatches', '**'),
): RetentionRule => ({
  disabled: false,
  action: 'retain',
  template,
  params: parameter === undefined ? {} : { [template]: parameter },
  tag_selectors: [tags],
  scope_selectors: { repository: [repositories] },
});

const plan = (
  rules: RetentionRule[],
  candidates: RetentionCandidate[],
  name = 'app',
  immutable: string[] = [],
): Record<string, string> | null => {
  const planned = planRetention(rules, name, candidates, (tag) => immutable.includes(tag), now);
  return (
    planned &&
    Object.fromEntries(
      planned.map(({ digest, fate, rule: number }) => [digest, number === null ? fate : `${fate} ${number}`]),
    )
  );
};

const releases = [
  at('one', ['1.0'], 40, 2),
  at('two', ['2.0'], 20),
  at('three', ['3.0', 'latest'], 10, 15),
  at('four', ['dev-4'], 5, 4),
  at('none', [], 1),
];

describe('the plan of a retention run', () => {
  it.each<[string, RetentionRule[], Record<string, string>]>([
    [
      'the two pushed last',
      [rule('latestPushedK', 2)],
      { one: 'DEL', two: 'DEL', three: 'DEL', four: 'RETAIN 1', none: 'RETAIN 1' },
    ],
    [
      'the two pulled last',
      [rule('latestPulledN', 2)],
      { one: 'RETAIN 1', two: 'DEL', three: 'DEL', four: 'RETAIN 1', none: 'DEL' },
    ],
    [
      'the two that were active last',
      [rule('latestActiveK', 2)],
      { one: 'RETAIN 1', two: 'DEL', three: 'DEL', four: 'DEL', none: 'RETAIN 1' },
    ],
    [
      'pushed within ten days',
      [rule('nDaysSinceLastPush', 10)],
      { one: 'DEL', two: 'DEL', three: 'RETAIN 1', four: 'RETAIN 1', none: 'RETAIN 1' },
    ],
    [
      'pulled within ten days',
      [rule('nDaysSinceLastPull', 10)],
      { one: 'RETAIN 1', two: 'DEL', three: 'DEL', four: 'RETAIN 1', none: 'DEL' },
    ],
    [
      'the last ten days',
      [rule('lastXDays', 10)],
      { one: 'DEL', two: 'DEL', three: 'RETAIN 1', four: 'RETAIN 1', none: 'RETAIN 1' },
    ],
    [
      'always',
      [rule('always')],
      { one: 'RETAIN 1', two: 'RETAIN 1', three: 'RETAIN 1', four: 'RETAIN 1', none: 'RETAIN 1' },
    ],
    ['nothing', [rule('latestPushedK', 0)], { one: 'DEL', two: 'DEL', three: 'DEL', four: 'DEL', none: 'DEL' }],
    [
      'releases, and of what is pushed the last',
      [rule('always', undefined, selector('matches', '[0-9]*', '{"untagged":false}')), rule('latestPushedK', 1)],
      { one: 'RETAIN 1', two: 'RETAIN 1', three: 'RETAIN 1', four: 'DEL', none: 'RETAIN 2' },
    ],
    [
      'all but development',
      [rule('always', undefined, selector('excludes', 'dev-*'))],
      { one: 'RETAIN 1', two: 'RETAIN 1', three: 'RETAIN 1', four: 'DEL', none: 'RETAIN 1' },
    ],
    [
      'all but development, and untagged ones neither',
      [rule('always', undefined, selector('excludes', 'dev-*', '{"untagged":true}'))],
      { one: 'RETAIN 1', two: 'RETAIN 1', three: 'RETAIN 1', four: 'DEL', none: 'DEL' },
    ],
    [
      'one of two tags',
      [rule('always', undefined, selector('matches', 'latest', '{"untagged":false}'))],
      { one: 'DEL', two: 'DEL', three: 'RETAIN 1', four: 'DEL', none: 'DEL' },
    ],
  ])('keeps %s', (_case, rules, expected) => {
    expect(plan(rules, releases)).toEqual(expected);
  });

  it('follows the examples of Harbor’s documentation', () => {
    // "5 tags, last pulled a day, two, three, … ago; retain the most recently pulled 2".
    const tags = [1, 2, 3, 4, 5].map((age) => at(`t${age}`, [`t${age}`], 30, age));
    expect(plan([rule('latestPulledN', 2)], tags)).toEqual({
      t1: 'RETAIN 1',
      t2: 'RETAIN 1',
      t3: 'DEL',
      t4: 'DEL',
      t5: 'DEL',
    });
    // "7 images; the 2 most recently pulled, or the 3 most recently pushed": the rules are joined by OR.
    const images = [1, 2, 3, 4, 5, 6, 7].map((n) => at(`i${n}`, [`i${n}`], n, 8 - n));
    expect(plan([rule('latestPulledN', 2), rule('latestPushedK', 3)], images)).toEqual({
      i1: 'RETAIN 2',
      i2: 'RETAIN 2',
      i3: 'RETAIN 2',
      i4: 'DEL',
      i5: 'DEL',
      i6: 'RETAIN 1',
      i7: 'RETAIN 1',
    });
  });

  it('leaves repositories alone that no rule is about', () => {
    const about = rule('latestPushedK', 0, selector('matches', '**'), selector('repoMatches', 'team/**'));
    expect(plan([about], releases)).toBeNull();
    expect(plan([about], releases, 'team/app')).toMatchObject({ one: 'DEL' });
    const but = rule('latestPushedK', 0, selector('matches', '**'), selector('repoExcludes', 'app'));
    expect(plan([but], releases)).toBeNull();
    expect(plan([{ ...rule('latestPushedK', 0), disabled: true }], releases)).toBeNull();
  });

  it('touches nothing that is immutable', () => {
    expect(plan([rule('latestPushedK', 1)], releases, 'app', ['latest', 'dev-4'])).toEqual({
      one: 'DEL',
      two: 'DEL',
      three: 'IMMUTABLE',
      four: 'IMMUTABLE',
      none: 'RETAIN 1',
    });
  });
});
