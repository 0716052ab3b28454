import { service } from '@haven/auth';
import { Errors } from '@haven/errors';
import type { FastifyInstance } from 'fastify';
import { readCookie, serializeCookie } from './cookie.js';
import { CsrfTokens, isExempt, isSafeMethod } from './csrf.js';
import { sessionCookie } from './session.service.js';

const csrfCookie = '_gorilla_csrf';
const csrfHeader = 'x-harbor-csrf-token';

/** Asks unsafe requests that a browser could have been tricked into for the token, and hands it out on every answer. */
export function installCsrfHook(fastify: FastifyInstance, key: Buffer, secureCookies: boolean): void {
  const tokens = new CsrfTokens(key);
  fastify.addHook('onRequest', (request, reply, done) => {
    const hasSession = readCookie(request.headers.cookie, sessionCookie) !== null;
    if (request.principal === service || isExempt(request.url, hasSession)) {
      done();
      return;
    }
    const known = tokens.readCookie(readCookie(request.headers.cookie, csrfCookie));
    const cookie = known === null ? tokens.createCookie() : null;
    const secret = known ?? tokens.readCookie(cookie);
    if (cookie !== null) {
      reply.header('set-cookie', serializeCookie(csrfCookie, cookie, { secure: secureCookies, sameSite: 'Strict' }));
    }
    if (secret !== null) reply.header(csrfHeader, tokens.mask(secret));
    const header = request.headers[csrfHeader];
    const allowed =
      isSafeMethod(request.method) || (known !== null && typeof header === 'string' && tokens.matches(known, header));
    done(allowed ? undefined : Errors.forbidden('CSRF token not found in request or invalid'));
  });
}
