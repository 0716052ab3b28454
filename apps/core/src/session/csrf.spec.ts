import { readCookie, serializeCookie } from './cookie.js';
import { CsrfTokens, isExempt, isSafeMethod } from './csrf.js';

describe('CSRF tokens', () => {
  const tokens = new CsrfTokens(Buffer.alloc(32, 7));

  it('match when the header carries the secret of the cookie, under any mask', () => {
    const secret = tokens.readCookie(tokens.createCookie());
    if (secret === null) throw new Error('our own cookie was not read');
    expect(tokens.mask(secret)).not.toBe(tokens.mask(secret));
    expect(tokens.matches(secret, tokens.mask(secret))).toBe(true);
  });

  it('do not match another secret, nothing, or noise', () => {
    const [one, other] = [tokens.createCookie(), tokens.createCookie()].map((cookie) => tokens.readCookie(cookie));
    if (!one || !other) throw new Error('our own cookies were not read');
    for (const header of [tokens.mask(other), undefined, '', 'noise', one.toString('base64')]) {
      expect(tokens.matches(one, header)).toBe(false);
    }
  });

  it('are not read from a cookie that somebody else made', () => {
    const foreign = new CsrfTokens(Buffer.alloc(32, 8)).createCookie();
    for (const cookie of [null, '', 'noise', foreign]) expect(tokens.readCookie(cookie)).toBeNull();
  });

  it('are not asked of API calls without a session, nor of safe methods', () => {
    expect(isExempt('/api/v2.0/projects', false)).toBe(true);
    expect(isExempt('/api/v2.0/projects', true)).toBe(false);
    expect(isExempt('/c/login', false)).toBe(false);
    expect(['GET', 'HEAD', 'POST', 'DELETE'].map(isSafeMethod)).toEqual([true, true, false, false]);
  });
});

describe('cookies', () => {
  it.each([
    ['sid=abc; other=1', 'abc'],
    ['other=1;sid = abc ', 'abc'],
    ['xsid=abc', null],
    [undefined, null],
    ['', null],
  ])('are read from %j', (header, value) => {
    expect(readCookie(header, 'sid')).toBe(value);
  });

  it('are out of reach of scripts, and of plain http where there is https', () => {
    expect(serializeCookie('sid', 'x', { secure: true, sameSite: 'Lax', maxAgeSeconds: 0 })).toBe(
      'sid=x; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0',
    );
  });
});
