import { compileDoublestar } from './doublestar.js';

const matches = (pattern: string, name: string): boolean | undefined => compileDoublestar(pattern)?.(name);

describe('a doublestar pattern', () => {
  it.each([
    ['latest', 'latest', true],
    ['latest', 'latest2', false],
    ['v*', 'v', true],
    ['*', 'app/sub', false],
    ['*', '.hidden', true],
    ['*-*-*', 'a-b-c-d', true],
    ['v?', 'v', false],
    ['a?b', 'a/b', false],
    ['**', 'app/sub/deep', true],
    ['**/app', 'app', true],
    ['**/app', 'a/b/app', true],
    ['**/app', 'myapp', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'ab', false],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c', true],
    ['a**', 'ab', true],
    ['a**', 'a/b', false],
    ['{**/x,y}', 'a/x', true],
    ['{**}', 'a/b', true],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[^a]', '/', false],
    [String.raw`[\]\-]`, '-', true],
    ['{a,b{c,d}}e', 'bde', true],
    ['{a,b{c,d}}e', 'be', false],
    ['{,x}y', 'y', true],
    ['{a/b,c}/*', 'a/b/d', true],
    [String.raw`\*`, '*', true],
    [String.raw`\*`, 'x', false],
    ['!a', 'b', false],
    ['+(a)', 'aa', false],
    ['a}', 'a}', true],
    ['', '', true],
  ])('%s on %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it.each(['[', '[]', '[^]', '[a-]', '[a', '{', '{a', '{a,', '{a{b}', 'a\\', '[\\'])('is not %s', (pattern) => {
    expect(compileDoublestar(pattern)).toBeNull();
  });

  it.each([
    '*a'.repeat(126) + 'b',
    '{*,a}'.repeat(50) + 'b',
    '**/'.repeat(80) + 'b',
    '{'.repeat(120) + '}'.repeat(120),
  ])('answers in time whatever it is: %s', (pattern) => {
    const names = ['a'.repeat(255), 'a/'.repeat(127)];
    const start = performance.now();
    expect(names.map((name) => matches(pattern, name))).toEqual([false, false]);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
