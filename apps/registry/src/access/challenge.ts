import { registryService } from '@haven/auth';
import type { RepositoryAction } from './caller.js';

/** What a client is told to ask a token for. */
export interface ChallengeScope {
  repository: string;
  action: RepositoryAction;
}

/** The challenge of every refusal that a token would not help against. */
export const basicChallenge = 'Basic realm="harbor"';

/** A client that pushes also reads: it looks at what is there already. */
const wanted: Readonly<Record<RepositoryAction, string>> = { pull: 'pull', push: 'pull,push', delete: 'delete' };

/** One scope in the form that token requests have (distribution's token scope grammar). */
const scopeText = ({ repository, action }: ChallengeScope): string => `repository:${repository}:${wanted[action]}`;

/** The scope under which the registry itself asks what someone may do: everything, so that one answer serves all requests. */
export const wholeScope = ({ repository }: ChallengeScope): string => `repository:${repository}:pull,push,delete`;

/** Why a token has to be renewed (RFC 6750, section 3.1). */
export type BearerError = 'invalid_token' | 'insufficient_scope';

/** What can stand in a URL as host and port, and nothing that would end the quoted text. */
const sane = /^[A-Za-z0-9._:[\]-]+$/;

/**
 * Where the token service is for a client: the scheme that users have, and the host that this client used.
 * @param externalUrl stands in for a `Host` header that is absent or malformed
 */
export function tokenRealm(externalUrl: string, host: string | undefined): string {
  const external = new URL(externalUrl);
  const shown = host !== undefined && sane.test(host) ? host : external.host;
  return `${external.protocol}//${shown}/service/token`;
}

/** The challenge that sends a client to the token service (RFC 6750, distribution's token authentication). */
export function bearerChallenge(realm: string, scopes: readonly ChallengeScope[], error?: BearerError): string {
  const scope = scopes.map(scopeText).join(' ');
  return [
    `Bearer realm="${realm}"`,
    `service="${registryService}"`,
    ...(scope === '' ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ].join(',');
}
