import { parseV2Path } from './v2-path.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseV2Path', () => {
  it.each([
    ['', { kind: 'base' }],
    ['_catalog', { kind: 'catalog' }],
    ['library/x/tags/list', { kind: 'tags', name: 'library/x' }],
    ['x/tags/list', { kind: 'tags', name: 'x' }],
    ['library/x/manifests/latest', { kind: 'manifest', name: 'library/x', reference: 'latest' }],
    [`library/x/manifests/${digest}`, { kind: 'manifest', name: 'library/x', reference: digest }],
    [`a/b/c/d/blobs/${digest}`, { kind: 'blob', name: 'a/b/c/d', digest }],
    ['library/x/blobs/uploads', { kind: 'uploads', name: 'library/x' }],
    ['library/x/blobs/uploads/', { kind: 'uploads', name: 'library/x' }],
    ['library/x/blobs/uploads/some-id', { kind: 'upload', name: 'library/x', id: 'some-id' }],
    [`library/x/referrers/${digest}`, { kind: 'referrers', name: 'library/x', digest }],
  ])('%j', (path, expected) => {
    expect(parseV2Path(path)).toEqual(expected);
  });

  it.each([
    ['library/manifests/x/manifests/v1', { kind: 'manifest', name: 'library/manifests/x', reference: 'v1' }],
    ['manifests/manifests/manifests', { kind: 'manifest', name: 'manifests', reference: 'manifests' }],
    ['a/tags/list/tags/list', { kind: 'tags', name: 'a/tags/list' }],
    ['a/manifests/tags/list', { kind: 'tags', name: 'a/manifests' }],
    ['a/tags/manifests/list', { kind: 'manifest', name: 'a/tags', reference: 'list' }],
    [`a/blobs/b/blobs/${digest}`, { kind: 'blob', name: 'a/blobs/b', digest }],
    [`a/blobs/uploads/blobs/${digest}`, { kind: 'blob', name: 'a/blobs/uploads', digest }],
    ['a/blobs/uploads/blobs/uploads/', { kind: 'uploads', name: 'a/blobs/uploads' }],
    ['a/blobs/uploads/blobs/uploads/id', { kind: 'upload', name: 'a/blobs/uploads', id: 'id' }],
    ['a/blobs/uploads/uploads', { kind: 'upload', name: 'a', id: 'uploads' }],
    ['a/blobs/uploads/manifests/v1', { kind: 'manifest', name: 'a/blobs/uploads', reference: 'v1' }],
    [`a/referrers/referrers/${digest}`, { kind: 'referrers', name: 'a/referrers', digest }],
    ['_catalog/manifests/v1', { kind: 'manifest', name: '_catalog', reference: 'v1' }],
  ])('a name may hold keywords: %j', (path, expected) => {
    expect(parseV2Path(path)).toEqual(expected);
  });

  it.each([
    [`x/manifests/sha256%3A${'a'.repeat(64)}`, { kind: 'manifest', name: 'x', reference: digest }],
    ['library/%78/%74ags/list', { kind: 'tags', name: 'library/x' }],
    ['x/manifests/a%20b', { kind: 'manifest', name: 'x', reference: 'a b' }],
    ['x/manifests/1..2', { kind: 'manifest', name: 'x', reference: '1..2' }],
  ])('decodes %j', (path, expected) => {
    expect(parseV2Path(path)).toEqual(expected);
  });

  it.each([
    '/',
    '//',
    'x',
    'x/',
    'x/y',
    '_catalog/',
    'x/manifests',
    'x/manifests/',
    '/manifests/x',
    'manifests/x',
    'tags/list',
    'blobs/uploads/',
    'blobs/uploads/id',
    '/blobs/uploads/id',
    'x/tags',
    'x/tags/other',
    'x/tags/list/',
    'x/uploads/id',
    'x/blobs/uploads/id/',
    'x/blobs/uploads//',
    'x//manifests/y',
    '/x/manifests/y',
    'x/./manifests/y',
    'x/../manifests/y',
    '../x/manifests/y',
    'x/manifests/..',
    'x/manifests/.',
    'x/%2e%2e/manifests/y',
    'x/%2E/manifests/y',
    'x%2Fy/manifests/z',
    'x/manifests/a%2fb',
    'x/manifests%2Fy/z',
    'x/manifests/%zz',
    'x/manifests/%',
    'x/manifests/%ff',
    'x/manifests/y/z',
  ])('refuses %j', (path) => {
    expect(parseV2Path(path)).toBeNull();
  });

  it.each(['/'.repeat(16_000), 'a/'.repeat(8_000), '%2e/'.repeat(4_000), '/manifests'.repeat(1_600)])(
    'takes linear time over %.12j…',
    (path) => {
      const started = performance.now();
      for (let round = 0; round < 20; round++) parseV2Path(path);
      expect(performance.now() - started).toBeLessThan(500);
    },
  );
});
