import { Errors } from '@haven/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** An escaped NUL in JSON text: PostgreSQL has no text with NUL in it. */
const escapedNul = /(?<!\\)(?:\\\\)*\\u0000/;

const escapedSurrogate = /(?<!\\)(?:\\\\)*\\ud[89a-f]/i;

/** Half of a character, which no text in a database can hold: pairs lose their escapes when they are written anew. */
function holdsHalfCharacter(text: string): boolean {
  if (!escapedSurrogate.test(text)) return false;
  try {
    return escapedSurrogate.test(JSON.stringify(JSON.parse(text)));
  } catch {
    // Not JSON: the parser says so in its own words.
    return false;
  }
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/**
 * Installs the only body parsers of an API application, in place of Fastify's: JSON, and forms where the operation asks
 * for one. An empty body is no body, whatever its type says; any other type is UNSUPPORTED_MEDIA_TYPE.
 */
export function installBodyParsers(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();

  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') done(null, undefined);
    else if (escapedNul.test(text)) done(Errors.badRequest('the body holds a NUL character'));
    else if (holdsHalfCharacter(text)) done(Errors.badRequest('the body holds half of a character'));
    else void parseJson(request, text, done);
  });

  fastify.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (request, text, done) => {
      if (text === '') done(null, undefined);
      else if (request.routeOptions.config.operation?.body !== 'form') done(Errors.unsupportedMediaType());
      else if (text.includes('%00') || text.includes('\0')) done(Errors.badRequest('the body holds a NUL character'));
      else done(null, Object.fromEntries(new URLSearchParams(text)));
    },
  );

  fastify.addContentTypeParser('*', (request, _payload, done) => {
    done(hasBody(request) ? Errors.unsupportedMediaType() : null, undefined);
  });
}
