import { Inject, Injectable } from '@nestjs/common';
import { parseBasicCredentials } from '@haven/auth';
import { Errors, type AppError } from '@haven/errors';
import { isRepositoryName } from '@haven/oci';
import { readAccessVersion } from '@haven/models';
import { BasicExchange } from '../access/basic.exchange.js';
import type { Caller } from '../access/caller.js';
import {
  basicChallenge,
  bearerChallenge,
  tokenRealm,
  wholeScope,
  type BearerError,
  type ChallengeScope,
} from '../access/challenge.js';
import { TokenVerifier } from '../access/token.verifier.js';
import { Databases } from '../database/databases.js';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import type { Located, RegistryRoute, RepositoryRoute } from './route.js';
import type { V2Request } from './v2-request.js';

/** What a request's `Authorization` header amounts to. */
type Identity =
  | { kind: 'none' }
  | { kind: 'token'; caller: Caller }
  | { kind: 'badToken' }
  | { kind: 'basic'; authorization: string }
  /** Another scheme, or malformed. */
  | { kind: 'unknown' };

/** A request that may go on. */
export interface Admitted {
  located: Located;
  caller: Caller;
}

const refused = (challenge: string): AppError =>
  Errors.unauthorized('unauthorized to access this resource', { headers: { 'WWW-Authenticate': challenge } });

/** Thrown for requests without credentials: how every client begins, and nothing to note. */
export class ChallengeIssued extends Error {
  constructor(readonly refusal: AppError) {
    super(refusal.message);
  }
}

/** Decides who may go on, and tells everyone else where to get what they lack. As with Harbor, every refusal is a 401. */
@Injectable()
export class Gate {
  constructor(
    @Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig,
    @Inject(Databases) private readonly databases: Databases,
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(BasicExchange) private readonly basic: BasicExchange,
  ) {}

  /** @throws AppError UNAUTHORIZED, ChallengeIssued */
  async admitToRegistry(route: RegistryRoute, request: V2Request): Promise<Caller> {
    const identity = await this.identify(request);
    // No token that a client could ask for opens the catalog, so nobody is sent to get one.
    if (identity.kind === 'none')
      throw route.access === 'catalog' ? refused(basicChallenge) : this.challenge(request, []);
    if (identity.kind === 'badToken') throw this.renewal(request, [], 'invalid_token');
    const scopes = route.access === 'catalog' ? ['registry:catalog:*'] : [];
    const caller = await this.callerOf(identity, request, scopes, () => readAccessVersion(this.databases.pull));
    const admitted = route.access === 'catalog' ? caller?.mayListCatalog() : caller?.username !== '';
    if (caller === null || admitted !== true) throw refused(basicChallenge);
    return caller;
  }

  /** Looks the repository up and holds the caller's rights against it. @throws AppError UNAUTHORIZED, ChallengeIssued */
  async admitToRepository(route: RepositoryRoute, request: V2Request, repository: string): Promise<Admitted> {
    const scopes = challengeScopes(route, request, repository);
    const identity = await this.identify(request);
    if (identity.kind === 'none') throw this.challenge(request, scopes);
    if (identity.kind === 'badToken') throw this.renewal(request, scopes, 'invalid_token');
    const located = await route.locate(request, { repository, withAccessVersion: identity.kind === 'basic' });
    // Harbor's answer for a project that does not exist.
    if (located === null) throw refused('');
    const { projectId, accessVersion } = located.place;
    const caller = await this.callerOf(identity, request, scopes.map(wholeScope), () =>
      Promise.resolve(accessVersion ?? 0),
    );
    if (caller?.may(route.access, repository, projectId) === true) {
      // A token that was got without the source of a mount in view says nothing about it: the client shall ask for both.
      if (!scopes.every((scope) => caller.knows(scope.repository))) {
        throw this.renewal(request, scopes, 'insufficient_scope');
      }
      return { located, caller };
    }
    throw caller?.isOutdated(route.access, repository, projectId) === true
      ? this.renewal(request, scopes, 'invalid_token')
      : refused(basicChallenge);
  }

  private async identify({ http }: V2Request): Promise<Identity> {
    const { authorization } = http.headers;
    if (authorization === undefined) return { kind: 'none' };
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token !== undefined) {
      const verified = await this.verifier.verify(token);
      return verified === null ? { kind: 'badToken' } : { kind: 'token', caller: verified.caller };
    }
    return parseBasicCredentials(authorization) === null ? { kind: 'unknown' } : { kind: 'basic', authorization };
  }

  private async callerOf(
    identity: Identity,
    { http }: V2Request,
    scopes: readonly string[],
    accessVersion: () => Promise<number>,
  ): Promise<Caller | null> {
    if (identity.kind === 'token') return identity.caller;
    if (identity.kind !== 'basic') return null;
    const { authorization } = identity;
    const tokenRequest = { authorization, scopes, clientAddress: http.ip, requestId: http.id };
    return this.basic.callerOf(tokenRequest, await accessVersion());
  }

  private challenge(request: V2Request, scopes: readonly ChallengeScope[]): ChallengeIssued {
    return new ChallengeIssued(refused(bearerChallenge(this.realm(request), scopes)));
  }

  /** Unlike Harbor, which answers like a denial: so clients know to get a new token instead of giving up. */
  private renewal(request: V2Request, scopes: readonly ChallengeScope[], error: BearerError): AppError {
    return refused(bearerChallenge(this.realm(request), scopes, error));
  }

  private realm({ http }: V2Request): string {
    return tokenRealm(this.config.externalUrl, http.headers.host);
  }
}

function challengeScopes(route: RepositoryRoute, request: V2Request, repository: string): ChallengeScope[] {
  const source = route.alsoPulls(request);
  return [
    { repository, action: route.access },
    ...(source !== null && isRepositoryName(source) ? [{ repository: source, action: 'pull' as const }] : []),
  ];
}
