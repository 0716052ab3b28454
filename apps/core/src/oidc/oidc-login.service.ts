import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Actor } from '../security/actor.decorator.js';
import { LoginService } from '../session/login.service.js';
import { SessionService } from '../session/session.service.js';
import { requireLocalPath } from './local-path.js';
import { awaySeconds, OidcCookieService } from './oidc-cookie.service.js';
import { OidcOnboarding } from './oidc-onboarding.service.js';
import { OidcClient } from './oidc.client.js';
import { toOidcError } from './oidc.error.js';
import type { LoginAttempt } from './oidc.schema.js';

/** Where a browser is sent. */
export interface Destination {
  url: string;
}

const secret = (): string => randomBytes(32).toString('base64url');

/** Log-in by way of an OpenID Connect provider: authorization code with PKCE (RFC 6749, RFC 7636). */
@Injectable()
export class OidcLoginService {
  constructor(
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(OidcClient) private readonly client: OidcClient,
    @Inject(OidcOnboarding) private readonly onboarding: OidcOnboarding,
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(LoginService) private readonly logins: LoginService,
    @Inject(OidcCookieService) private readonly cookies: OidcCookieService,
  ) {}

  /**
   * Sends a browser to the provider.
   * @param path where it goes afterwards; empty: to the start
   * @throws AppError PRECONDITION, BAD_REQUEST, UNAVAILABLE
   */
  async begin(path: string, reply: FastifyReply): Promise<Destination> {
    this.requireMode();
    const attempt: LoginAttempt = {
      purpose: 'oidc-login',
      state: secret(),
      verifier: secret(),
      path: requireLocalPath(path === '' ? '/' : path),
      expires: Date.now() + awaySeconds * 1_000,
    };
    const url = await this.client.authorizationUrl(attempt).catch(rethrow);
    this.cookies.sendAttempt(reply, attempt);
    return { url };
  }

  /** Takes a browser back from the provider. @throws AppError PRECONDITION, BAD_REQUEST, CONFLICT, UNAVAILABLE */
  async finish(request: FastifyRequest, reply: FastifyReply): Promise<Destination> {
    this.requireMode();
    const attempt = this.cookies.readAttempt(request);
    const query = request.url.split('?').slice(1).join('?');
    if (new URLSearchParams(query).get('state') !== attempt?.state) {
      throw Errors.badRequest('State mismatch');
    }
    this.cookies.endAttempt(reply);
    const answer = await this.client.redeem(query, attempt).catch(rethrow);
    const session = await this.onboarding.enter(answer, request.ip);
    if (session === null) {
      this.cookies.sendOnboarding(reply, await this.onboarding.keep(answer));
      const hints = new URLSearchParams({ username: answer.identity.username, redirect_url: attempt.path });
      return { url: `/oidc-onboard?${hints.toString()}` };
    }
    await this.sessions.start(session, request, reply);
    return { url: attempt.path };
  }

  /** Gives somebody new the name they chose, and logs them in. @throws AppError PRECONDITION, BAD_REQUEST, CONFLICT */
  async onboard(username: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.requireMode();
    const id = this.cookies.readOnboarding(request);
    const answer = await this.onboarding.kept(id);
    if (id === null || answer === null) throw Errors.badRequest('Failed to get OIDC user info from session');
    const session = await this.onboarding.onboard(username, answer, request.ip);
    await this.sessions.start(session, request, reply);
    this.cookies.endOnboarding(reply);
    await this.onboarding.forget(id);
  }

  /** Ends the session, and the one at the provider where that is asked for. */
  async logout(actor: Actor, request: FastifyRequest, reply: FastifyReply): Promise<Destination> {
    this.requireMode();
    const url = await this.endSessionUrl(actor);
    await this.logins.logout(actor, request, reply);
    return { url: url ?? '/' };
  }

  /** @throws AppError BAD_REQUEST when there is no provider at an address */
  async ping(endpoint: string, verifyCertificate: boolean): Promise<void> {
    await this.client.ping(endpoint, verifyCertificate).catch((error: unknown) => {
      const { message } = toOidcError(error);
      throw Errors.badRequest(`failed to verify the OIDC endpoint: ${message}`, { cause: error });
    });
  }

  private async endSessionUrl({ principal }: Actor): Promise<string | null> {
    if (principal.kind !== 'user' || !this.configuration.value('oidc_logout')) return null;
    const idToken = await this.onboarding.idTokenOf(principal.userId);
    // Whoever logs out here must not fail to because the provider is away.
    return idToken === null ? null : this.client.endSessionUrl(idToken).catch(() => null);
  }

  private requireMode(): void {
    const mode = this.configuration.value('auth_mode');
    if (mode !== 'oidc_auth') throw Errors.precondition(`auth mode: ${mode} is not OIDC based`);
  }
}

const rethrow = (error: unknown): never => {
  throw toOidcError(error);
};
