import { cutPage, nextLink, readPage } from './page.js';

describe('readPage', () => {
  it.each([
    ['', { size: 100, last: '' }],
    ['n=', { size: 100, last: '' }],
    ['n=0', { size: 0, last: '' }],
    ['n=7&last=v1', { size: 7, last: 'v1' }],
    ['n=101', { size: 100, last: '' }],
    ['n=99999999999999999999999', { size: 100, last: '' }],
    ['last=a%2Fb', { size: 100, last: 'a/b' }],
  ])('%s', (query, expected) => {
    expect(readPage(new URLSearchParams(query), 100)).toEqual(expected);
  });

  it.each(['n=-1', 'n=1.0', 'n=1e3', 'n=x', 'n=%201'])('refuses %s', (query) => {
    expect(() => readPage(new URLSearchParams(query), 100)).toThrow(
      expect.objectContaining({ code: 'PAGINATION_NUMBER_INVALID' }) as Error,
    );
  });

  it('refuses what the database cannot be asked for', () => {
    expect(() => readPage(new URLSearchParams('last=a%00'), 100)).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }) as Error,
    );
  });
});

describe('cutPage', () => {
  it.each([
    [['a', 'b', 'c'], 2, { items: ['a', 'b'], lastOfMore: 'b' }],
    [['a', 'b'], 2, { items: ['a', 'b'], lastOfMore: undefined }],
    [['a'], 0, { items: [], lastOfMore: undefined }],
    [[], 2, { items: [], lastOfMore: undefined }],
  ])('%j to %i', (read, size, expected) => {
    expect(cutPage(read, size)).toEqual(expected);
  });
});

describe('nextLink', () => {
  it('escapes what would end the link', () => {
    expect(nextLink('/v2/_catalog', { last: 'a/b>&c', n: 2 })).toBe('</v2/_catalog?last=a%2Fb%3E%26c&n=2>; rel="next"');
  });
});
