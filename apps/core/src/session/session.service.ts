import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { Logger } from '@haven/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { readCookie, serializeCookie } from './cookie.js';
import { REDIS } from './redis.module.js';

/** Who logged in, and what that log-in found out. */
export interface Session {
  userId: number;
  groupIds?: readonly number[];
  isAdminInAuth?: boolean;
}

export const sessionCookie = 'sid';
const idPattern = /^[A-Za-z0-9_-]{43}$/;
const keyOf = (id: string): string => `haven:session:${id}`;

/** Sessions of the portal, in Redis, so that every replica knows them. Losing Redis means logging in again. */
@Injectable()
export class SessionService {
  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** The session of a request, made to last longer unless the request says not to. */
  async find(request: FastifyRequest): Promise<Session | null> {
    const id = readSessionId(request);
    if (id === null) return null;
    const renew = request.headers['x-harbor-no-session-renewal'] === undefined;
    try {
      const stored = renew
        ? await this.redis.getex(keyOf(id), 'EX', this.lifetimeSeconds())
        : await this.redis.get(keyOf(id));
      return stored === null ? null : (JSON.parse(stored) as Session);
    } catch (error) {
      this.log.warn({ err: error }, 'session not read');
      return null;
    }
  }

  /** Starts a session under a new id. @throws AppError UNAVAILABLE when Redis is away */
  async start(session: Session, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = randomBytes(32).toString('base64url');
    try {
      const previous = readSessionId(request);
      if (previous !== null) await this.redis.del(keyOf(previous));
      await this.redis.set(keyOf(id), JSON.stringify(session), 'EX', this.lifetimeSeconds());
    } catch (error) {
      throw Errors.unavailable('sessions are not available at the moment, try again', {
        cause: error,
        headers: { 'Retry-After': '5' },
      });
    }
    this.sendCookie(reply, id, undefined);
  }

  /** Ends the session of a request, if it has one. */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = readSessionId(request);
    if (id === null) return;
    this.sendCookie(reply, '', 0);
    await this.redis.del(keyOf(id)).catch((error: unknown) => {
      throw Errors.unavailable('sessions are not available at the moment, try again', { cause: error });
    });
  }

  private sendCookie(reply: FastifyReply, value: string, maxAgeSeconds: number | undefined): void {
    reply.header(
      'set-cookie',
      serializeCookie(sessionCookie, value, {
        secure: this.config.externalUrl.startsWith('https:'),
        sameSite: 'Lax',
        ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
      }),
    );
  }

  private lifetimeSeconds(): number {
    return this.configuration.value('session_timeout') * 60;
  }
}

/** The session id a request carries, if it looks like one. */
function readSessionId(request: FastifyRequest): string | null {
  const id = readCookie(request.headers.cookie, sessionCookie);
  return id !== null && idPattern.test(id) ? id : null;
}
