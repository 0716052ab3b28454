import { digestOf } from '@haven/oci';
import { UploadHash } from './upload-hash.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('UploadHash', () => {
  it.each(['sha256', 'sha512'] as const)('tells the %s so far and goes on', (algorithm) => {
    const hash = new UploadHash(algorithm);
    expect(hash.digest()).toBe(digestOf(bytes(''), algorithm));
    hash.update(bytes('a'));
    expect(hash.digest()).toBe(digestOf(bytes('a'), algorithm));
    hash.update(bytes('b'));
    expect(hash.digest()).toBe(digestOf(bytes('ab'), algorithm));
  });

  it('goes back to its mark, more than once', () => {
    const hash = new UploadHash();
    hash.update(bytes('a'));
    hash.mark();
    for (const lost of ['b', 'c']) {
      hash.update(bytes(lost));
      hash.rewind();
      expect(hash.digest()).toBe(digestOf(bytes('a')));
    }
    hash.update(bytes('d'));
    expect(hash.digest()).toBe(digestOf(bytes('ad')));
  });

  it('goes back to the beginning without a mark', () => {
    const hash = new UploadHash();
    hash.update(bytes('a'));
    hash.rewind();
    expect(hash.digest()).toBe(digestOf(bytes('')));
  });
});
