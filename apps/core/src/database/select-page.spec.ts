import { fromNearerEnd } from './select-page.js';

const order = [
  { expression: 'name', descending: true },
  { expression: 'id', descending: false },
];
const turned = [
  { expression: 'name', descending: false },
  { expression: 'id', descending: true },
];

describe('a page is read from the nearer end', () => {
  it.each([
    [{ offset: 0, limit: 10 }, 100, { order, offset: 0, limit: 10 }],
    [{ offset: 45, limit: 10 }, 100, { order, offset: 45, limit: 10 }],
    [{ offset: 46, limit: 10 }, 100, { order: turned, offset: 44, limit: 10 }],
    [{ offset: 90, limit: 10 }, 100, { order: turned, offset: 0, limit: 10 }],
    // The last page is short: read backwards, it must not reach into the one before.
    [{ offset: 90, limit: 10 }, 93, { order: turned, offset: 0, limit: 3 }],
    [{ offset: 93, limit: 10 }, 93, { order, offset: 93, limit: 0 }],
    [{ offset: 500, limit: 10 }, 93, { order, offset: 500, limit: 0 }],
  ])('%j of %d', (page, total, expected) => {
    expect(fromNearerEnd({ order, ...page }, total)).toEqual(expected);
  });
});
