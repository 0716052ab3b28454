import { Errors } from '@haven/errors';
import type { FastifyInstance } from 'fastify';
import { isSafeMethod } from '../session/csrf.js';

/** Harbor's exceptions: whoever has turned the switch on can turn it off again, and people still log in. */
const exceptions: ReadonlySet<string> = new Set([
  'PUT /api/v2.0/configurations',
  'PUT /api/internal/configurations',
  'POST /c/login',
  'POST /c/userExists',
  'POST /c/oidc/onboard',
]);

/** Tokens, and what other services tell of things that have happened already. */
const betweenServices = '/service/';

/**
 * Refuses every change while the platform is read-only, whoever asks for it.
 * @param isReadOnly the switch at this moment; asked for on unsafe requests only
 */
export function installReadOnlyHook(fastify: FastifyInstance, isReadOnly: () => boolean): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { url = '' } = request.routeOptions;
    const isAllowed =
      isSafeMethod(request.method) ||
      url.startsWith(betweenServices) ||
      exceptions.has(`${request.method} ${url}`) ||
      !isReadOnly();
    done(isAllowed ? undefined : Errors.denied('The system is in read only mode. Any modification is prohibited.'));
  });
}
