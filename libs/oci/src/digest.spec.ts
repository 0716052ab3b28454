import { digestOf, digestParts, isDigest, parseDigest } from './digest.js';

const hex64 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('digest', () => {
  it.each([`sha256:${hex64}`, `sha512:${hex64}${hex64}`])('accepts %s', (text) => {
    expect(parseDigest(text)).toBe(text);
    expect(digestParts(parseDigest(text))).toEqual({ algorithm: text.slice(0, 6), hex: text.slice(7) });
  });

  it.each([
    ['nothing', ''],
    ['no algorithm', hex64],
    ['an empty algorithm', `:${hex64}`],
    ['another algorithm', `sha384:${'a'.repeat(96)}`],
    ['an upper-case algorithm', `SHA256:${hex64}`],
    ['upper-case hex', `sha256:${hex64.toUpperCase()}`],
    ['too short', `sha256:${hex64.slice(1)}`],
    ['too long', `sha256:${hex64}0`],
    ['the length of the other algorithm', `sha512:${hex64}`],
    ['a letter that is not hex', `sha256:${hex64.slice(1)}g`],
    ['a line break at the end', `sha256:${hex64}\n`],
    ['a path', `sha256:../../${hex64.slice(6)}`],
  ])('refuses %s', (_what, text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }) as Error);
  });

  it('hashes bytes, with sha256 unless told otherwise', () => {
    expect(digestOf(Buffer.alloc(0))).toBe(`sha256:${hex64}`);
    expect(digestOf(Buffer.from('abc'), 'sha512')).toMatch(/^sha512:ddaf35a193617aba[0-9a-f]{112}$/);
  });
});
