import { Errors } from '@haven/errors';
import { parseDigest, type Digest } from './digest.js';

export type Reference = { kind: 'tag'; tag: string } | { kind: 'digest'; digest: Digest };

const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export const isTag = (text: string): boolean => tagPattern.test(text);

/**
 * Parses the `<reference>` of a manifest path (distribution-spec "Pulling manifests").
 * A colon makes it a digest, since no tag may hold one. Errors: TAG_INVALID, DIGEST_INVALID.
 */
export function parseReference(text: string): Reference {
  if (text.includes(':')) return { kind: 'digest', digest: parseDigest(text) };
  if (!isTag(text)) throw Errors.tagInvalid('invalid tag');
  return { kind: 'tag', tag: text };
}
