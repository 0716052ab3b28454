import { createHash, timingSafeEqual } from 'node:crypto';

const scheme = 'Harbor-Secret ';

/** The `Authorization` header with which one service calls another. */
export const internalAuthorization = (secret: string): string => `${scheme}${secret}`;

/** Whether a header carries the internal credential; compared in constant time. */
export function isInternalAuthorization(header: string | undefined, secret: string): boolean {
  if (header?.startsWith(scheme) !== true) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header.slice(scheme.length)), digest(secret));
}
