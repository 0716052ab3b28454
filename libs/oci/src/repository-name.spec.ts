import { isRepositoryName, parseRepositoryName, splitRepositoryName } from './repository-name.js';

describe('repository name', () => {
  it.each([
    'a',
    'library/hello-world',
    'a/b/c/d',
    'a.b/c_d/e__f/g-h/i---j',
    '0/1',
    'library/manifests/latest',
    `${'a'.repeat(127)}/${'b'.repeat(127)}`,
  ])('accepts %s', (text) => {
    expect(parseRepositoryName(text)).toBe(text);
  });

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    'A',
    'a/B',
    '-a',
    'a-',
    'a..b',
    'a._b',
    'a___b',
    'a_-b',
    'a/.b',
    'a/..',
    '../a',
    '_catalog',
    'a/_manifests',
    'a b',
    'a:b',
    'a\n',
    'ä',
    'a%2fb',
    `${'a'.repeat(128)}/${'b'.repeat(127)}`,
  ])('refuses %j', (text) => {
    expect(isRepositoryName(text)).toBe(false);
    expect(() => parseRepositoryName(text)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }) as Error);
  });

  it.each(['a'.repeat(254), 'a-'.repeat(127), 'a/'.repeat(127), '-'.repeat(254), 'a_'.repeat(127), 'a__'.repeat(84)])(
    'refuses %j… without backtracking',
    (prefix) => {
      const started = performance.now();
      for (let round = 0; round < 1000; round++) isRepositoryName(`${prefix}!`);
      expect(performance.now() - started).toBeLessThan(500);
    },
  );

  it.each([
    ['library/hello', { project: 'library', repository: 'hello' }],
    ['library/a/b', { project: 'library', repository: 'a/b' }],
    ['hello', null],
  ])('splits %s', (name, parts) => {
    expect(splitRepositoryName(name)).toEqual(parts);
  });
});
