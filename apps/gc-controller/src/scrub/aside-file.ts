import { digestParts, isDigest, type Digest } from '@haven/oci';

/** Why bytes were taken out of their place. */
export const asideReasons = ['collected', 'unnamed', 'orphaned', 'corrupt'] as const;
export type AsideReason = (typeof asideReasons)[number];

export interface AsideFile {
  reason: AsideReason;
  digest: Digest;
}

/** Always the same for a digest, so that whoever comes after a kill finds what was renamed. */
export function asideName(reason: AsideReason, digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `${reason}-${algorithm}-${hex}`;
}

/** Null for a name that nobody here gives. */
export function readAsideName(name: string): AsideFile | null {
  const [reason = '', algorithm = '', hex = ''] = name.split('-');
  const digest = `${algorithm}:${hex}`;
  if (!asideReasons.some((known) => known === reason) || !isDigest(digest)) return null;
  const file: AsideFile = { reason: reason as AsideReason, digest };
  return asideName(file.reason, digest) === name ? file : null;
}

/** What is known of the digest under the lock of its row. */
export interface AsideFacts {
  /** Of the blob; null when there is none. */
  status: string | null;
  isManifest: boolean;
  /** Whether there is a file in the blob's place. */
  isInPlace: boolean;
  /** Whether the collector has the blob on its list. */
  hasReview: boolean;
}

/**
 * What becomes of bytes that have lain aside for long. Damaged ones are the only copy until the blob is pushed anew. Others go,
 * unless somebody names them and has no file: then they were forgotten half-way, and come back.
 */
export function fateOf(reason: AsideReason, facts: AsideFacts): 'keep' | 'restore' | 'remove' {
  const { status, isManifest, isInPlace, hasReview } = facts;
  if (reason === 'corrupt') return status === null || (status === 'live' && isInPlace) ? 'remove' : 'keep';
  if (reason === 'collected' && hasReview) return 'keep';
  return (status !== null || isManifest) && !isInPlace ? 'restore' : 'remove';
}
