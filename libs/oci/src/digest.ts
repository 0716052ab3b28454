import { hash } from 'node:crypto';
import { Errors } from '@haven/errors';

/** A digest that has been parsed: safe to compare byte by byte, to store and to build a path from. */
export type Digest = string & { readonly __brand: 'Digest' };

export type DigestAlgorithm = 'sha256' | 'sha512';

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export const isDigest = (text: string): text is Digest => digestPattern.test(text);

/** Parses `<algorithm>:<lower-case hex>` (image-spec "Digests"); anything but whole sha256 and sha512 is DIGEST_INVALID. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw Errors.digestInvalid('invalid digest: expected sha256 or sha512 in lower-case hexadecimal');
}

export const digestOf = (bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest =>
  `${algorithm}:${hash(algorithm, bytes, 'hex')}` as Digest;

export function digestParts(digest: Digest): { algorithm: DigestAlgorithm; hex: string } {
  const colon = digest.indexOf(':');
  return { algorithm: digest.slice(0, colon) as DigestAlgorithm, hex: digest.slice(colon + 1) };
}
