/** What a `WWW-Authenticate: Bearer` header asks for (distribution token specification). */
export interface BearerChallenge {
  realm: string;
  service: string;
  /** Several scopes are separated by spaces. Undefined when none is named. */
  scope: string | undefined;
}

/** Reads a Bearer challenge; undefined for any other header. */
export function parseBearerChallenge(header: string | undefined): BearerChallenge | undefined {
  if (!header?.startsWith('Bearer ')) return undefined;
  const parameters = new Map(
    [...header.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value] as const),
  );
  const realm = parameters.get('realm');
  if (realm === undefined) return undefined;
  return { realm, service: parameters.get('service') ?? '', scope: parameters.get('scope') };
}
