import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { readCookie, serializeCookie } from '../session/cookie.js';
import { OidcVault } from './oidc-vault.js';
import { loginAttempt, type LoginAttempt } from './oidc.schema.js';

const attemptCookie = 'haven_oidc_login';
const onboardingCookie = 'haven_oidc_onboarding';
export const awaySeconds = 600;

/** What a browser carries on its way to the provider and back, and until its user has a name. */
@Injectable()
export class OidcCookieService {
  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(OidcVault) private readonly vault: OidcVault,
  ) {}

  sendAttempt(reply: FastifyReply, attempt: LoginAttempt): void {
    this.send(reply, attemptCookie, this.vault.seal(attempt));
  }

  /** What the browser was sent away with, if it is ours and not too old. */
  readAttempt(request: FastifyRequest): LoginAttempt | null {
    try {
      const attempt = loginAttempt.parse(this.vault.open(readCookie(request.headers.cookie, attemptCookie) ?? ''));
      return attempt.expires > Date.now() ? attempt : null;
    } catch {
      return null;
    }
  }

  endAttempt(reply: FastifyReply): void {
    this.send(reply, attemptCookie, '', 0);
  }

  sendOnboarding(reply: FastifyReply, id: string): void {
    this.send(reply, onboardingCookie, id);
  }

  readOnboarding(request: FastifyRequest): string | null {
    return readCookie(request.headers.cookie, onboardingCookie);
  }

  endOnboarding(reply: FastifyReply): void {
    this.send(reply, onboardingCookie, '', 0);
  }

  private send(reply: FastifyReply, name: string, value: string, maxAgeSeconds = awaySeconds): void {
    const secure = this.config.externalUrl.startsWith('https:');
    // Lax: the way back from the provider begins on its site.
    reply.header('set-cookie', serializeCookie(name, value, { secure, sameSite: 'Lax', maxAgeSeconds }));
  }
}
