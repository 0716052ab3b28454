import { anonymous, isInternalAuthorization, parseBasicCredentials, service, type Principal } from '@haven/auth';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OidcBearer } from '../oidc/oidc-bearer.service.js';
import type { SessionService } from '../session/session.service.js';
import { toPrincipal, type AccountRepository } from './account.repository.js';
import type { AuthenticationService } from './authentication.service.js';

export interface PrincipalSources {
  internalSecret: string;
  authentication: AuthenticationService;
  accounts: AccountRepository;
  bearer: OidcBearer;
  sessions: SessionService;
}

/**
 * Finds out who a request acts as: another service, name and password, a token of the identity provider, or a session, in
 * this order. Credentials that do not hold leave it anonymous, as with Harbor: only what needs somebody is then refused.
 */
async function principalOf(request: FastifyRequest, sources: PrincipalSources): Promise<Principal> {
  const { authorization } = request.headers;
  if (isInternalAuthorization(authorization, sources.internalSecret)) return service;
  const credentials = parseBasicCredentials(authorization);
  if (credentials !== null) {
    const operation = request.routeOptions.config.operation?.id ?? '';
    return (await sources.authentication.authenticate(credentials, request.ip, operation)) ?? anonymous;
  }
  const shown = await sources.bearer.find(authorization);
  if (shown !== null) return shown;
  const session = await sources.sessions.find(request);
  if (session === null) return anonymous;
  const account = await sources.accounts.findById(session.userId);
  return account === null ? anonymous : toPrincipal(account, { ...session, hasSession: true });
}

/** Puts the principal on every request, before anything else looks at it. */
export function installPrincipalHook(fastify: FastifyInstance, sources: PrincipalSources): void {
  fastify.addHook('onRequest', async (request) => {
    request.principal = await principalOf(request, sources);
  });
}
