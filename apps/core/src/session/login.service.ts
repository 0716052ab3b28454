import { Inject, Injectable } from '@nestjs/common';
import type { BasicCredentials, Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { isSystemAdmin } from '@haven/http';
import { recordAudit, sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Actor } from '../security/actor.decorator.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { AuthenticationService } from '../security/authentication.service.js';
import { SessionService } from './session.service.js';

@Injectable()
export class LoginService {
  constructor(
    @Inject(AuthenticationService) private readonly authentication: AuthenticationService,
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(ModelStore) private readonly store: ModelStore,
  ) {}

  /**
   * Starts a session.
   * @returns nothing, or with a status of 403 where else this user logs in
   * @throws AppError UNAUTHORIZED, TOO_MANY_REQUEST, UNAVAILABLE (no place to keep sessions)
   */
  async login(
    credentials: BasicCredentials,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<object | undefined> {
    if (await this.authentication.isLoginElsewhere(credentials.username)) {
      reply.code(403);
      return { redirect_location: `${this.config.externalUrl}/c/oidc/login` };
    }
    const principal = await this.authentication.authenticate(credentials, request.ip, 'login');
    // Robots are for programs: they have no session.
    const user = principal?.kind === 'user' ? principal : null;
    await recordAudit(this.store.sql, {
      operation: 'login',
      resourceType: 'user',
      resource: credentials.username,
      username: credentials.username,
      succeeded: user !== null,
      sourceIp: request.ip,
    });
    if (user === null) throw Errors.unauthorized('the user name or password is wrong');
    const { userId, groupIds, isAdminInAuth } = user;
    await this.sessions.start({ userId, groupIds, isAdminInAuth }, request, reply);
    return undefined;
  }

  async logout(actor: Actor, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.sessions.end(request, reply);
    if (actor.principal.kind !== 'user') return;
    await recordAudit(this.store.sql, {
      operation: 'logout',
      resourceType: 'user',
      resource: actor.username,
      username: actor.username,
      sourceIp: actor.sourceIp,
    });
  }

  /** For the sign-up form. @throws AppError PRECONDITION when nobody may sign up and the caller is no admin */
  async userExists(form: { target: 'username' | 'email'; value: string }, principal: Principal): Promise<boolean> {
    if (!this.configuration.value('self_registration') && !isSystemAdmin(principal)) {
      throw Errors.precondition('self registration is disabled');
    }
    const found = await this.store.sql.maybe(sql(`SELECT 1 FROM harbor_user WHERE ${form.target} = $1`, form.value));
    return found !== null;
  }
}
