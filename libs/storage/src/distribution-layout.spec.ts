import { parseDigest, type Digest } from '@haven/oci';
import {
  blobDataPath,
  layerPath,
  repositoryPath,
  revisionPath,
  tagCurrentPath,
  tagIndexPath,
  tagPath,
} from './distribution-layout.js';

const hex = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const digest = parseDigest(`sha256:${hex}`);
const long = parseDigest(`sha512:${hex}${hex}`);

describe('distribution layout', () => {
  // Golden: a stock registry reads these, and installed systems have them on disk.
  it.each([
    [blobDataPath(digest), `docker/registry/v2/blobs/sha256/e3/${hex}/data`],
    [blobDataPath(long), `docker/registry/v2/blobs/sha512/e3/${hex}${hex}/data`],
    [repositoryPath('library/hello'), 'docker/registry/v2/repositories/library/hello'],
    [layerPath('library/hello', digest), `docker/registry/v2/repositories/library/hello/_layers/sha256/${hex}`],
    [revisionPath('a/b/c', digest), `docker/registry/v2/repositories/a/b/c/_manifests/revisions/sha256/${hex}`],
    [tagPath('a/b', 'v1.0'), 'docker/registry/v2/repositories/a/b/_manifests/tags/v1.0'],
    [tagCurrentPath('a/b', 'v1.0'), 'docker/registry/v2/repositories/a/b/_manifests/tags/v1.0/current'],
    [
      tagIndexPath('a/b', 'v1.0', digest),
      `docker/registry/v2/repositories/a/b/_manifests/tags/v1.0/index/sha256/${hex}`,
    ],
  ])('%s', (path, golden) => {
    expect(path).toBe(golden);
  });

  it.each([
    ['a digest with a path in it', () => blobDataPath('sha256:../../../../etc/passwd' as Digest)],
    ['a digest that is short', () => blobDataPath('sha256:e3b0' as Digest)],
    ['a name that climbs', () => repositoryPath('../../etc')],
    ['a name that climbs later', () => layerPath('a/../../b', digest)],
    ['an absolute name', () => repositoryPath('/etc')],
    ['an empty name', () => repositoryPath('')],
    ['a name that is a folder of the layout', () => revisionPath('a/_manifests', digest)],
    ['a tag that climbs', () => tagPath('a/b', '..')],
    ['a tag with a slash', () => tagPath('a/b', 'c/d')],
    ['a tag with a NUL', () => tagPath('a/b', 'c\0')],
  ])('makes no path of %s', (_what, path) => {
    expect(path).toThrow(/invalid/);
  });
});
