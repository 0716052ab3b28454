import { pageLinks } from './page-links.js';

const url = '/api/v2.0/projects?page=2&page_size=10';

describe('pageLinks', () => {
  it.each([
    ['one page', url, { number: 1, size: 10 }, 10, null],
    ['all items', url, { number: 1, size: 0 }, 100, null],
    ['nothing', url, { number: 1, size: 10 }, 0, null],
    ['the first page', '/p', { number: 1, size: 10 }, 11, '</p?page=2&page_size=10>; rel="next"'],
    ['the last page', url, { number: 2, size: 10 }, 20, '</api/v2.0/projects?page=1&page_size=10>; rel="prev"'],
    ['a page beyond the end', url, { number: 4, size: 10 }, 20, null],
    [
      'a page between',
      url,
      { number: 2, size: 10 },
      21,
      '</api/v2.0/projects?page=1&page_size=10>; rel="prev" , </api/v2.0/projects?page=3&page_size=10>; rel="next"',
    ],
    [
      'a query, readable and sorted',
      '/p?sort=-name&q=name%3D~lib%2Cid%3D%5B1~2%5D',
      { number: 1, size: 1 },
      2,
      '</p?page=2&page_size=1&q=name=~lib%2Cid=[1~2]&sort=-name>; rel="next"',
    ],
    [
      'what would break out of the header',
      '/p?q=a%0d%0aSet-Cookie:x%3E%22%26b%23%E5%BA%93+c%2525',
      { number: 1, size: 1 },
      2,
      '</p?page=2&page_size=1&q=a%0D%0ASet-Cookie:x%3E%22%26b%23%E5%BA%93%20c%2525>; rel="next"',
    ],
  ])('%s', (_title, from, page, total, links) => {
    expect(pageLinks(from, page, total)).toBe(links);
  });
});
