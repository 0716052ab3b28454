/** Content is named by its digest, so that is also its entity tag. */
export const entityTag = (digest: string): string => `"${digest}"`;

/**
 * Whether `If-None-Match` names what the client would get (RFC 9110, section 13.1.2). Bare digests are taken too: clients send them.
 * @param header as it came; lists and weak tags included
 */
export function isNoneMatch(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//, '');
    return tag === '*' || tag === entityTag(digest) || tag === digest;
  });
}

/** Whether a `Range` counts: without `If-Range` it does, with one only if that is the tag of what is there (section 13.1.5). */
export const isRangeWanted = (ifRange: string | undefined, digest: string): boolean =>
  ifRange === undefined || ifRange.trim() === entityTag(digest);
