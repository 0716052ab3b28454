import { Inject, Injectable } from '@nestjs/common';
import { hashPassword, verifyPassword, type Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { AccessService, refusal, type ListQuery, type PageOf } from '@haven/http';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { OidcAccountService } from '../oidc/oidc-account.service.js';
import type { Actor } from '../security/actor.decorator.js';
import type { UserWithMeta } from './user.presenter.js';
import { requireProfile, requireStrongPassword, requireUsername, type Profile } from './user-rules.js';
import { UserRepository, type UserRow } from './user.repository.js';
import type { CreationBody, PasswordBody } from './user.schema.js';

const firstAdminId = 1;

@Injectable()
export class UserService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(OidcAccountService) private readonly oidc: OidcAccountService,
  ) {}

  list(query: ListQuery): Promise<PageOf<UserRow>> {
    return this.users.list(query);
  }

  /** Users whose name holds the text. The page number counts for nothing: it is always the first matches, as with Harbor. */
  search(text: string, { page }: ListQuery): Promise<PageOf<UserRow>> {
    return this.users.search(text, page.size);
  }

  /** @throws AppError NOT_FOUND */
  async get(userId: number, viewer: Principal): Promise<UserWithMeta> {
    const user = await this.users.find(userId);
    if (user === null) throw notFound(userId);
    return { ...user, oidc: await this.oidc.metaOf(userId, viewer) };
  }

  /** Whoever asks. @throws AppError PRECONDITION for a robot or a service, which is no user */
  async getCurrent({ principal }: Actor): Promise<UserWithMeta> {
    if (principal.kind === 'user') return this.get(principal.userId, principal);
    throw Errors.precondition(`get current user not available for security context: ${principal.kind}`);
  }

  /**
   * Makes a local user. Who may not make users may sign up, where that is on, from a browser only.
   * @param carriesSession whether the request came with a session cookie, even one of nobody
   * @returns the id
   * @throws AppError UNAUTHORIZED, FORBIDDEN, BAD_REQUEST, CONFLICT
   */
  async create(actor: Actor, body: CreationBody, carriesSession: boolean): Promise<number> {
    this.requireMayCreate(actor, carriesSession);
    requireStrongPassword(body.password);
    requireProfile(body);
    requireUsername(body.username);
    const passwordHash = await hashPassword(body.password);
    return this.store.transaction(async (tx) => {
      const userId = await this.users.insert(tx, { ...body, passwordHash });
      if (userId === null) throw taken(`user ${body.username} or email ${body.email}`);
      await record(tx, actor, 'create', body.username);
      await bumpAccessVersion(tx);
      return userId;
    });
  }

  /** @throws AppError FORBIDDEN, BAD_REQUEST, NOT_FOUND, CONFLICT */
  async updateProfile(actor: Actor, userId: number, profile: Profile): Promise<void> {
    this.requireLocal(userId);
    requireProfile(profile);
    await this.change(actor, userId, '', async (tx) => {
      if (!(await this.users.updateProfile(tx, userId, profile))) throw taken(`email ${profile.email}`);
    });
  }

  /** @throws AppError FORBIDDEN (wrong old password), BAD_REQUEST (weak, or the same again), NOT_FOUND */
  async updatePassword(actor: Actor, userId: number, body: PasswordBody): Promise<void> {
    this.requireLocal(userId);
    const current = await this.users.readPasswordHash(userId);
    const isSelf = actor.principal.kind === 'user' && actor.principal.userId === userId;
    if (isSelf && !(await verifyPassword(current ?? '', body.old_password))) {
      throw Errors.forbidden('Current password is incorrect');
    }
    requireStrongPassword(body.new_password);
    if (current === null) throw notFound(userId);
    if (await verifyPassword(current, body.new_password)) {
      throw Errors.badRequest('New password is identical to old password');
    }
    const passwordHash = await hashPassword(body.new_password);
    await this.change(actor, userId, ', change user password', (tx) =>
      this.users.updatePassword(tx, userId, passwordHash),
    );
  }

  /** @throws AppError NOT_FOUND */
  async updateSysAdmin(actor: Actor, userId: number, isAdmin: boolean): Promise<void> {
    await this.change(actor, userId, ', add/remove user as system administrator', (tx) =>
      this.users.updateSysAdmin(tx, userId, isAdmin),
    );
  }

  /** @throws AppError FORBIDDEN for oneself and the first admin, NOT_FOUND */
  async remove(actor: Actor, userId: number): Promise<void> {
    const isSelf = actor.principal.kind === 'user' && actor.principal.userId === userId;
    if (isSelf || userId === firstAdminId) throw Errors.forbidden(`User with ID ${userId} cannot be deleted`);
    await this.store.transaction(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (user === null) throw notFound(userId);
      await this.users.remove(tx, userId);
      await record(tx, actor, 'delete', user.username);
      await bumpAccessVersion(tx);
    });
  }

  private requireMayCreate({ principal }: Actor, carriesSession: boolean): void {
    const mode = this.configuration.value('auth_mode');
    if (mode !== 'db_auth') throw Errors.forbidden(`creating local user is not allowed under auth mode: ${mode}`);
    if (this.access.canInSystem(principal, 'user', 'create')) return;
    if (!this.configuration.value('self_registration')) throw refusal(principal);
    if (!carriesSession) throw Errors.forbidden('self-registration cannot be triggered via API');
  }

  /** Where another system keeps the users, only the first admin is ours to change. */
  private requireLocal(userId: number): void {
    if (this.configuration.value('auth_mode') === 'db_auth' || userId === firstAdminId) return;
    throw Errors.forbidden(`User with ID ${userId} can't be updated`);
  }

  private async change(
    actor: Actor,
    userId: number,
    what: string,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    await this.store.transaction(async (tx) => {
      const user = await this.users.lock(tx, userId);
      if (user === null) throw notFound(userId);
      await work(tx);
      await record(tx, actor, 'update', user.username, what);
      await bumpAccessVersion(tx);
    });
  }
}

const notFound = (userId: number): Error => Errors.notFound(`user ${userId} not found`);
const taken = (what: string): Error => Errors.conflict(`${what} already exists`);

const record = (
  tx: Transaction,
  actor: Actor,
  operation: 'create' | 'update' | 'delete',
  username: string,
  what = '',
): Promise<void> =>
  recordAudit(tx, {
    operation,
    resourceType: 'user',
    resource: username,
    // Somebody who signs up is nobody yet.
    username: actor.username === '' ? username : actor.username,
    sourceIp: actor.sourceIp,
    description: `${operation} user with name: ${username}${what}`,
  });
