import { randomUUID, type KeyObject } from 'node:crypto';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';

/** What a token allows on one repository (or on the catalog); actions are what the registry understands. */
export interface TokenAccess {
  type: string;
  name: string;
  actions: string[];
  /** Id of the project of that name when the token was made: a token outlives no project, even one of the same name. */
  project_id?: number;
}

export interface TokenClaims {
  /** User or robot name; empty for anonymous. */
  subject: string;
  access: readonly TokenAccess[];
  issuedAtSeconds: number;
  expiresAtSeconds: number;
}

export interface IssuedToken {
  token: string;
  issuedAt: Date;
  expiresInSeconds: number;
}

export const tokenIssuer = 'harbor-token-issuer';
export const registryService = 'harbor-registry';
const leewaySeconds = 60;

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** Signs a token for the registry (claims as Harbor has them; RS256). */
export async function signAccessToken(
  key: SigningKey,
  subject: string,
  access: readonly TokenAccess[],
  lifetimeSeconds: number,
): Promise<IssuedToken> {
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ access })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
    .setIssuer(tokenIssuer)
    .setSubject(subject)
    .setAudience(registryService)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + lifetimeSeconds)
    .setJti(randomUUID())
    .sign(key.privateKey);
  return { token, issuedAt: new Date(now * 1000), expiresInSeconds: lifetimeSeconds };
}

function readAccess(value: unknown): TokenAccess[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (entry: unknown): entry is TokenAccess =>
      typeof entry === 'object' &&
      entry !== null &&
      'type' in entry &&
      'name' in entry &&
      'actions' in entry &&
      typeof entry.type === 'string' &&
      typeof entry.name === 'string' &&
      Array.isArray(entry.actions),
  );
}

/**
 * Checks a token: signature by a known key, RS256 only, issuer, audience and times, with 60 s of leeway.
 * @param keyOf the public key of a kid, or null
 * @returns null for any token that does not hold
 */
export async function verifyAccessToken(
  token: string,
  keyOf: (kid: string) => Promise<KeyObject | null>,
): Promise<TokenClaims | null> {
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const key = header.kid === undefined ? null : await keyOf(header.kid);
        if (key === null) throw new joseErrors.JWSSignatureVerificationFailed('unknown key');
        return key;
      },
      {
        algorithms: ['RS256'],
        issuer: tokenIssuer,
        audience: registryService,
        clockTolerance: leewaySeconds,
        requiredClaims: ['iat', 'exp', 'sub'],
      },
    );
    return {
      subject: payload.sub ?? '',
      access: readAccess(payload['access']),
      issuedAtSeconds: payload.iat ?? 0,
      expiresAtSeconds: payload.exp ?? 0,
    };
  } catch (error) {
    // Anything else, such as a database that is away while keys are read, is not the token's fault.
    if (error instanceof joseErrors.JOSEError) return null;
    throw error;
  }
}
