import { AppError, Errors, type WireError } from '@haven/errors';
import { HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { REQUEST_ID_HEADER } from './request-id.js';

/** What is logged about errors, one line each; pino's loggers fit. */
export type ErrorLog = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: Record<string, unknown>, message: string) => void>
>;

/** One of the renderers of `@haven/errors`: the protocol that clients of this application expect. */
export type RenderError = (error: unknown, requestId?: string) => WireError;

/** Answers a request with an error and logs it. */
export type ErrorResponder = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

const byStatus: Readonly<Record<number, (message: string) => AppError>> = {
  400: Errors.badRequest,
  401: Errors.unauthorized,
  403: Errors.forbidden,
  404: Errors.notFound,
  405: Errors.methodNotAllowed,
  406: Errors.notAcceptable,
  409: Errors.conflict,
  412: Errors.precondition,
  413: Errors.tooLarge,
  415: Errors.unsupportedMediaType,
  422: Errors.unprocessable,
  429: Errors.tooManyRequests,
};

/** Where Fastify's own words would repeat the caller's URL, or say too little. */
const wordsFor: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'the URL is malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'a segment of the path is too long',
  ECONNRESET: 'the client went away',
};

interface FastifyFault {
  code: string;
  statusCode: number;
  message: string;
}

/**
 * Fastify's errors are told by their shape: they are made by a plain function, and `Error.isError` denies them.
 * A body that breaks off comes as the socket's error, with a status put on it.
 */
const isFastifyFault = (error: unknown): error is FastifyFault =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  /^FST_|^ECONNRESET$/.test(String(error.code)) &&
  'statusCode' in error &&
  typeof error.statusCode === 'number';

function clientFault(error: unknown): { status: number; message: string } | null {
  // Nest wraps what Fastify throws.
  const inner = error instanceof HttpException ? error.cause : error;
  if (isFastifyFault(inner)) return { status: inner.statusCode, message: wordsFor[inner.code] ?? inner.message };
  return error instanceof HttpException ? { status: error.getStatus(), message: error.message } : null;
}

/** The catalogue's word for whatever was thrown by the application, by Nest or by Fastify. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const fault = clientFault(error);
  if (fault === null || fault.status >= 500) {
    return fault?.status === 503
      ? Errors.unavailable(undefined, { cause: error })
      : Errors.unknown(undefined, { cause: error });
  }
  return (byStatus[fault.status] ?? Errors.badRequest)(fault.message);
}

/**
 * Makes the one function that answers with errors, wherever they come from.
 * @param render the protocol's form of an error body
 */
export function createErrorResponder(render: RenderError, log: ErrorLog): ErrorResponder {
  return (thrown, request, reply) => {
    const error = toAppError(thrown);
    const { status, headers, body } = render(error, request.id);
    log[error.entry.level](
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status,
        code: error.code,
        reason: error.message,
        ...(error.cause === undefined ? {} : { err: error.cause }),
      },
      status < 500 ? 'request refused' : 'request failed',
    );
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    reply
      .code(status)
      .headers({ ...headers, [REQUEST_ID_HEADER]: request.id, 'content-type': 'application/json' })
      // As bytes: to text Fastify would add a charset, which JSON has none of.
      .send(Buffer.from(`${JSON.stringify(body)}\n`));
  };
}
