import { isTag, parseReference } from './reference.js';

const digest = `sha256:${'0'.repeat(64)}`;

describe('reference', () => {
  it.each(['latest', 'v1.2.3', '_x', 'A-b_c.d', '1..2', `sha256-${'0'.repeat(64)}.sig`, 'a'.repeat(128)])(
    'reads %s as a tag',
    (tag) => {
      expect(parseReference(tag)).toEqual({ kind: 'tag', tag });
    },
  );

  it.each(['', '.a', '-a', 'a/b', 'a b', 'a@b', 'a\n', '..', 'a'.repeat(129)])('refuses the tag %j', (text) => {
    expect(isTag(text)).toBe(false);
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'TAG_INVALID' }) as Error);
  });

  it('reads a digest', () => {
    expect(parseReference(digest)).toEqual({ kind: 'digest', digest });
  });

  it.each(['sha256:', 'sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', ':'])('refuses the digest %j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }) as Error);
  });
});
