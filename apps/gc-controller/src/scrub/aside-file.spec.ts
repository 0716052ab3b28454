import { digestOf } from '@haven/oci';
import { asideName, asideReasons, fateOf, readAsideName, type AsideFacts } from './aside-file.js';

describe('a name of bytes that were set aside', () => {
  it.each(asideReasons)('says why, and of what digest: %s', (reason) => {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest = digestOf(Buffer.from('x'), algorithm);
      expect(readAsideName(asideName(reason, digest))).toEqual({ reason, digest });
    }
  });

  it.each(['', 'collected', `collected-sha256-${'a'.repeat(63)}`, `lost-sha256-${'a'.repeat(64)}`, '../etc/passwd'])(
    'is not %j',
    (name) => {
      expect(readAsideName(name)).toBeNull();
    },
  );
});

describe('bytes that have lain aside for long', () => {
  const nobody: AsideFacts = { status: null, isManifest: false, isInPlace: false, hasReview: false };

  it.each<[string, (typeof asideReasons)[number], Partial<AsideFacts>, ReturnType<typeof fateOf>]>([
    ['go when nothing has the digest', 'collected', {}, 'remove'],
    ['are left to the collector that has them on its list', 'collected', { hasReview: true }, 'keep'],
    ['come back to a blob without a file', 'collected', { status: 'live' }, 'restore'],
    ['come back to a manifest without a file', 'orphaned', { isManifest: true }, 'restore'],
    ['go when the blob was pushed anew', 'orphaned', { status: 'live', isInPlace: true }, 'remove'],
    ['stay when they are damaged and all there is', 'corrupt', { status: 'quarantined' }, 'keep'],
    ['stay when they are damaged and nobody has noted it', 'corrupt', { status: 'live' }, 'keep'],
    ['go when they are damaged and the blob was pushed anew', 'corrupt', { status: 'live', isInPlace: true }, 'remove'],
    ['go when they are damaged and nothing has the digest', 'corrupt', {}, 'remove'],
  ])('%s', (_what, reason, facts, fate) => {
    expect(fateOf(reason, { ...nobody, ...facts })).toBe(fate);
  });
});
