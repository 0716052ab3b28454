import { targetRepository } from './target-repository.js';

describe('targetRepository', () => {
  it.each([
    ['', 0, 'a/b/c/image'],
    ['n', -1, 'n/image'],
    ['n', 0, 'n/a/b/c/image'],
    ['n', 1, 'n/b/c/image'],
    ['n', 2, 'n/c/image'],
    ['n', 3, 'n/image'],
    ['n/m', 3, 'n/m/image'],
  ])('puts a/b/c/image under %j in place of %i parts', (namespace, replaceCount, expected) => {
    expect(targetRepository('a/b/c/image', namespace, replaceCount, {})).toBe(expected);
  });

  it('refuses what the name or the target has no room for', () => {
    expect(() => targetRepository('a/b/c/image', 'n', 4, {})).toThrow('contains only 3 path components');
    expect(() => targetRepository('image', '', 0, { minimum: 2 })).toThrow('requires at least 2');
    expect(() => targetRepository('a/b/image', '', 0, { maximum: 2 })).toThrow('only supports 2');
  });
});
