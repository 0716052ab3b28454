import { send, type Answer, type Credentials, type RequestOptions } from '@haven/testing/oci';
import { platform, registryFor } from './platform.ts';

/** What a registry token says. */
export interface TokenClaims {
  iss: string;
  sub: string;
  aud: string | string[];
  exp: number;
  nbf: number;
  iat: number;
  jti: string;
  access: { type: string; name: string; actions: string[] }[];
}

/** A token for scopes separated by spaces. Throws unless the token service grants one. */
export const tokenFor = (credentials: Credentials | undefined, scope?: string): Promise<string> =>
  registryFor(credentials).fetchToken({ realm: `${platform.url}/service/token`, service: 'harbor-registry', scope });

export const claimsOf = (token: string): TokenClaims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as TokenClaims;

/** Actions that a token grants in one scope, sorted; undefined when it does not name it. */
export const actionsIn = (token: string, name: string): readonly string[] | undefined =>
  claimsOf(token)
    .access.find((entry) => entry.name === name)
    ?.actions.toSorted();

/** A request to the registry just as it is given: no challenge is answered. */
export const v2 = (method: string, path: string, options: RequestOptions = {}): Promise<Answer> =>
  send(method, `${platform.url}/v2/${path}`, options);

export const bearer = (token: string): { headers: Record<string, string> } => ({
  headers: { authorization: `Bearer ${token}` },
});
