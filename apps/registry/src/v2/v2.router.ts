import type { IncomingMessage } from 'node:http';
import { AppError, Errors, renderOci } from '@haven/errors';
import { createErrorResponder, REQUEST_ID_HEADER, type ErrorLog, type ErrorResponder } from '@haven/http';
import { sqlState } from '@haven/models';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { QuotaAlarm } from '../quota/quota-alarm.js';
import { ChallengeIssued, type Gate } from './gate.js';
import type { ReadOnly } from './read-only.js';
import type { RouteMeter, RouteMeters } from './route-meter.js';
import type { RouteTable } from './route-table.js';
import { isRepositoryRoute } from './route.js';
import { readV2Request, type V2Kind, type V2Request } from './v2-request.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request is counted; null until its path is read. */
    meter: RouteMeter | null;
  }
}

const readingMethods: readonly string[] = ['GET', 'HEAD'];

const foreignKeyViolation = '23503';

/** Answers with errors in the form of the OCI specification, wherever they come from. */
export function createOciResponder(log: ErrorLog): ErrorResponder {
  const respond = createErrorResponder(renderOci, log);
  const respondQuietly = createErrorResponder(renderOci, { ...log, info: log.debug.bind(log) });
  return (error, request, reply) => {
    reply.headers(everyAnswer);
    if (error instanceof ChallengeIssued) respondQuietly(error.refusal, request, reply);
    else if (isExpectedMiss(error, request)) respondQuietly(error, request, reply);
    else respond(explain(error), request, reply);
  };
}

const everyAnswer = { 'Docker-Distribution-Api-Version': 'registry/2.0' };

/** Every push asks first what is there already. */
const isExpectedMiss = (error: unknown, { method }: FastifyRequest): boolean =>
  method === 'HEAD' && error instanceof AppError && error.entry.status === 404;

/** Rows that a repository's deletion took away between two steps of a request: the next try finds the new state. */
function explain(error: unknown): unknown {
  if (sqlState(error) !== foreignKeyViolation) return error;
  return Errors.unavailable('the repository is being deleted, try again', {
    cause: error,
    headers: { 'Retry-After': '1' },
  });
}

/** How long a client may go on sending a body that was refused, after it was told so. */
const restLimitMs = 10_000;

/**
 * Lets the rest of a body pass that was not read to its end: what comes after it on the connection would wait behind it,
 * and closing at once could take the answer from the client.
 */
function drainRest(request: IncomingMessage): void {
  const { socket } = request;
  if (request.complete || socket.destroyed) return;
  // A reader that gave up in the middle still listens, and nothing flows while it does. It may stop doing so later, and
  // nothing would flow from then on but for somebody who takes the data.
  request.removeAllListeners('readable');
  request.on('data', () => undefined);
  request.resume();
  const cutOff = setTimeout(() => socket.destroy(), restLimitMs).unref();
  const settle = (): void => {
    clearTimeout(cutOff);
    socket.off('close', settle);
  };
  request.once('end', settle);
  socket.once('close', settle);
}

/** The whole of /v2: one wildcard, no guards, no interceptors; what a path means and who may use it stands in the table. */
export class V2Router {
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly table: RouteTable,
    private readonly gate: Gate,
    private readonly readOnly: ReadOnly,
    private readonly quotaAlarm: Pick<QuotaAlarm, 'heed'>,
    private readonly meters: RouteMeters,
  ) {}

  /** Adds the routes, in a scope of their own: bodies are not read, and errors are OCI's. */
  install(fastify: FastifyInstance, respond: ErrorResponder): void {
    fastify.register((scope, _options, done) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, body, passOn) => {
        passOn(null, body);
      });
      scope.setErrorHandler(respond);
      scope.decorateRequest('meter', null);
      scope.addHook('onRequest', (request, reply, next) => {
        reply.headers({ ...everyAnswer, [REQUEST_ID_HEADER]: request.id });
        next();
      });
      scope.addHook('onResponse', (request, reply, next) => {
        request.meter?.ended(reply.statusCode, reply.elapsedTime / 1_000);
        drainRest(request.raw);
        next();
      });
      for (const url of ['/v2', '/v2/*']) scope.all(url, (request, reply) => this.track(this.dispatch(request, reply)));
      done();
    });
  }

  /** Resolves when no request is being worked on, also of those whose client has gone. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private async dispatch(http: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const request = this.read(http, reply);
    const route = this.table.find(request.path.kind, http.method);
    if (!readingMethods.includes(http.method)) await this.readOnly.assertOff();
    if (!isRepositoryRoute(route)) return route.handle(request, await this.gate.admitToRegistry(route, request));
    const repository = 'name' in request.path ? request.path.name : '';
    const { located, caller } = await this.gate.admitToRepository(route, request, repository);
    try {
      return await located.handle(caller);
    } catch (error) {
      const { projectId, repositoryId } = located.place;
      const origin = { actor: caller.username, sourceIp: http.ip, requestId: http.id };
      await this.quotaAlarm.heed(error, { projectId, repositoryId, repository, ...origin });
      throw error;
    }
  }

  /** Reads a request, and has it counted as what it turns out to be. */
  private read(http: FastifyRequest, reply: FastifyReply): V2Request {
    let kind: V2Kind | 'others' = 'others';
    try {
      const request = readV2Request(http, reply);
      ({ kind } = request.path);
      return request;
    } finally {
      http.meter = this.meters.of(kind, http.method);
      http.meter.started();
      if (http.span !== undefined) http.span.name = `${http.method} ${kind}`;
    }
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }
}
