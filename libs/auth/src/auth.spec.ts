import { createHmac, createPublicKey, generateKeyPairSync, pbkdf2Sync } from 'node:crypto';
import { SignJWT } from 'jose';
import { signAccessToken, tokenIssuer, verifyAccessToken } from './access-token.js';
import { parseBasicCredentials } from './basic-credentials.js';
import { internalAuthorization, isInternalAuthorization } from './internal-credential.js';
import { hashPassword, isOutdatedHash, verifyPassword } from './password.js';
import { SecretBox } from './secret-box.js';
import { keyIdOf } from './signing-keys.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { kid: keyIdOf(pair.publicKey), privateKey: pair.privateKey };
const keyOf = (kid: string) => Promise.resolve(kid === key.kid ? pair.publicKey : null);
const access = [{ type: 'repository', name: 'library/app', actions: ['pull'], project_id: 1 }];
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('access tokens', () => {
  it('hold when signed by a known key', async () => {
    const { token } = await signAccessToken(key, 'alice', access, 600);
    expect(await verifyAccessToken(token, keyOf)).toMatchObject({ subject: 'alice', access });
  });

  it('do not hold when expired, meant for others, from another issuer or signed by a stranger', async () => {
    const now = Math.floor(Date.now() / 1000);
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const sign = (claims: Record<string, unknown>, privateKey = pair.privateKey, kid = key.kid) =>
      new SignJWT({ iss: tokenIssuer, aud: 'harbor-registry', sub: 'a', iat: now, exp: now + 60, access, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(privateKey);
    const verdicts = await Promise.all([
      verifyAccessToken(await sign({}), keyOf),
      verifyAccessToken(await sign({ exp: now - 61 }), keyOf),
      verifyAccessToken(await sign({ nbf: now + 120 }), keyOf),
      verifyAccessToken(await sign({ aud: 'elsewhere' }), keyOf),
      verifyAccessToken(await sign({ iss: 'someone' }), keyOf),
      verifyAccessToken(await sign({}, stranger), keyOf),
      verifyAccessToken(await sign({}, stranger, 'unknown'), keyOf),
    ]);
    expect(verdicts.map((verdict) => verdict !== null)).toEqual([true, false, false, false, false, false, false]);
  });

  it('do not hold without a signature, or with the public key used as an HMAC secret', async () => {
    const claims = { iss: tokenIssuer, aud: 'harbor-registry', sub: 'a', iat: 1, exp: 9_999_999_999, access };
    const none = `${base64url({ alg: 'none', kid: key.kid })}.${base64url(claims)}.`;
    const body = `${base64url({ alg: 'HS256', kid: key.kid })}.${base64url(claims)}`;
    const pem = createPublicKey(pair.privateKey).export({ type: 'spki', format: 'pem' });
    const hmac = `${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`;
    for (const token of [none, hmac, '', 'a.b.c', 'x'.repeat(5000)]) {
      expect(await verifyAccessToken(token, keyOf)).toBeNull();
    }
  });

  it('do not blame the token when keys cannot be read', async () => {
    const { token } = await signAccessToken(key, 'alice', access, 600);
    await expect(verifyAccessToken(token, () => Promise.reject(new Error('database away')))).rejects.toThrow('away');
  });

  it('name their key as libtrust does', () => {
    expect(keyIdOf(pair.publicKey)).toMatch(/^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
  });
});

describe('passwords', () => {
  it('verify against their own hash only', async () => {
    const stored = await hashPassword('Harbor12345');
    expect(await verifyPassword(stored, 'Harbor12345')).toBe(true);
    expect(await verifyPassword(stored, 'harbor12345')).toBe(false);
    expect(isOutdatedHash(stored)).toBe(false);
  });

  it('verify against hashes taken over from Harbor, which are due for renewal', async () => {
    const made = `harbor-sha256$salt$${pbkdf2Sync('Harbor12345', 'salt', 4096, 16, 'sha256').toString('hex')}`;
    expect(await verifyPassword(made, 'Harbor12345')).toBe(true);
    expect(await verifyPassword(made, 'wrong')).toBe(false);
    expect(isOutdatedHash(made)).toBe(true);
  });

  it.each(['', 'plain', 'scrypt$1$2', 'harbor-md5$salt$00'])('never match what is no hash: %j', async (stored) => {
    expect(await verifyPassword(stored, stored)).toBe(false);
  });
});

describe('credentials', () => {
  it('come out of a Basic header', () => {
    const header = `Basic ${Buffer.from('robot$ci:pa:ss').toString('base64')}`;
    expect(parseBasicCredentials(header)).toEqual({ username: 'robot$ci', password: 'pa:ss' });
  });

  it.each([undefined, '', 'Basic', 'Basic !!', 'Bearer abc', `Basic ${Buffer.from('nocolon').toString('base64')}`])(
    'are absent from %j',
    (header) => {
      expect(parseBasicCredentials(header)).toBeNull();
    },
  );

  it('of services match only the secret itself', () => {
    expect(isInternalAuthorization(internalAuthorization('s3cret'), 's3cret')).toBe(true);
    expect(isInternalAuthorization('Harbor-Secret other', 's3cret')).toBe(false);
    expect(isInternalAuthorization(undefined, 's3cret')).toBe(false);
  });
});

describe('stored secrets', () => {
  const box = new SecretBox('ab'.repeat(32));

  it('come back under the same key and look different each time', () => {
    expect(box.decrypt(box.encrypt('hush'))).toBe('hush');
    expect(box.encrypt('hush')).not.toBe(box.encrypt('hush'));
  });

  it('do not open under another key or after a change', () => {
    const sealed = box.encrypt('hush');
    expect(() => new SecretBox('cd'.repeat(32)).decrypt(sealed)).toThrow();
    expect(() => box.decrypt(`${sealed.slice(0, -4)}AAA=`)).toThrow();
  });
});
