import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const tokenBytes = 32;

const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));

/**
 * Harbor's way against forged requests: a signed secret in a cookie, and the same secret under a mask that is new in
 * every answer (so that compression cannot leak it) in a header which only our own pages can read and send back.
 */
export class CsrfTokens {
  constructor(private readonly key: Buffer) {}

  /** A new secret, as the cookie holds it: secret and signature. */
  createCookie(): string {
    const secret = randomBytes(tokenBytes);
    return Buffer.concat([secret, this.sign(secret)]).toString('base64url');
  }

  /** The secret of a cookie, or null when we did not make it. */
  readCookie(cookie: string | null): Buffer | null {
    if (cookie === null) return null;
    const bytes = Buffer.from(cookie, 'base64url');
    if (bytes.length !== 2 * tokenBytes) return null;
    const secret = bytes.subarray(0, tokenBytes);
    return timingSafeEqual(this.sign(secret), bytes.subarray(tokenBytes)) ? secret : null;
  }

  /** The secret under a fresh mask: what the header carries. */
  mask(secret: Buffer): string {
    const mask = randomBytes(tokenBytes);
    return Buffer.concat([mask, xor(mask, secret)]).toString('base64');
  }

  /** Whether a header sent back carries the secret of the cookie. */
  matches(secret: Buffer, header: string | undefined): boolean {
    const bytes = Buffer.from(header ?? '', 'base64');
    if (bytes.length !== 2 * tokenBytes) return false;
    return timingSafeEqual(xor(bytes.subarray(0, tokenBytes), bytes.subarray(tokenBytes)), secret);
  }

  private sign(secret: Buffer): Buffer {
    return createHmac('sha256', this.key).update(secret).digest();
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Methods that change nothing need no token. */
export const isSafeMethod = (method: string): boolean => safeMethods.has(method);

/** API calls without a session cookie come with credentials of their own, which no foreign page can add. */
export const isExempt = (path: string, hasSession: boolean): boolean =>
  !hasSession && /^\/(?:api|service|v2)\//.test(path);
