import type { AnonymousPrincipal } from '@haven/auth';
import { Errors, type AppError } from '@haven/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { REQUEST_ID_HEADER } from './request-id.js';
import type { RouteTable } from './route-table.js';

/** Not `anonymous` of `@haven/auth`: importing a value from there would load the database into every application. */
const nobody: AnonymousPrincipal = { kind: 'anonymous', username: '' };

/** Escapes that are none, and NUL, which no path, parameter or stored text may hold. */
const badEscape = /%(?![0-9a-f]{2})|%00/i;

function unknownRoute({ url, method }: FastifyRequest, routes: RouteTable): AppError {
  const [path = ''] = url.split('?', 1);
  const allowed = routes.allowedMethods(path);
  return allowed.length === 0
    ? Errors.notFound(`path ${path} was not found`)
    : Errors.methodNotAllowed(`method ${method} is not allowed`, { headers: { Allow: allowed.join(', ') } });
}

/**
 * Installs what happens first to every request: it gets its id into the reply and acts as anonymous, and a malformed
 * URL, an unknown path or an unknown method is refused before anything is spent on it.
 */
export function installRequestStart(fastify: FastifyInstance, routes: RouteTable): void {
  fastify.decorateRequest('principal');
  fastify.decorateRequest('project', null);
  fastify.decorateRequest('roles');
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    request.principal = nobody;
    request.roles = [];
    if (badEscape.test(request.url)) done(Errors.badRequest('the URL is malformed'));
    else if (request.is404) done(unknownRoute(request, routes));
    else done();
  });
}
