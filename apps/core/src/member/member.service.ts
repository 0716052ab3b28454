import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import type { Actor } from '../security/actor.decorator.js';
import { MemberOnboarding } from './member-onboarding.service.js';
import { MemberRepository, type MemberEntityRef, type MemberRow } from './member.repository.js';
import type { MemberBody } from './member.schema.js';

/** Who belongs to a project, and as what. A change holds for the next token: the access version moves with it. */
@Injectable()
export class MemberService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(MemberRepository) private readonly members: MemberRepository,
    @Inject(MemberOnboarding) private readonly onboarding: MemberOnboarding,
  ) {}

  list(project: ProjectIdentity, query: ListQuery): Promise<PageOf<MemberRow>> {
    return this.members.list(project.projectId, query);
  }

  /** @throws AppError NOT_FOUND, also for a member of another project */
  async get(project: ProjectIdentity, memberId: number): Promise<MemberRow> {
    return required(await this.members.find(this.store.sql, project.projectId, memberId), project, memberId);
  }

  /**
   * Whom the database does not know may be known to the directory, which is asked between two transactions.
   * @returns the id of the membership
   * @throws AppError BAD_REQUEST, NOT_FOUND (no user of that name), CONFLICT, UNAVAILABLE (the directory)
   */
  async create(actor: Actor, project: ProjectIdentity, body: MemberBody): Promise<number> {
    const memberId = await this.add(actor, project, body);
    if (memberId !== null) return memberId;
    const onboarded = await this.onboarding.ensure(actor, body);
    return (onboarded === null ? null : await this.add(actor, project, onboarded)) ?? unknown(body);
  }

  /** @throws AppError NOT_FOUND */
  async updateRole(actor: Actor, project: ProjectIdentity, memberId: number, role: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      const member = required(await this.members.find(tx, project.projectId, memberId), project, memberId);
      await this.members.updateRole(tx, member.id, role);
      await record(tx, actor, 'update', project, member);
      await bumpAccessVersion(tx);
    });
  }

  /** @throws AppError NOT_FOUND */
  async remove(actor: Actor, project: ProjectIdentity, memberId: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      const member = required(await this.members.find(tx, project.projectId, memberId), project, memberId);
      await this.members.remove(tx, member.id);
      await record(tx, actor, 'delete', project, member);
      await bumpAccessVersion(tx);
    });
  }

  /** @returns null when nobody is known who could be meant */
  private add(actor: Actor, project: ProjectIdentity, body: MemberBody): Promise<number | null> {
    return this.store.transaction(async (tx) => {
      const entity = await this.resolve(tx, body);
      if (entity === null) return null;
      const memberId = await this.members.insert(tx, project.projectId, entity, body.role_id);
      if (memberId === null) throw Errors.conflict('The project member specified already exist');
      await record(tx, actor, 'create', project, entity);
      await bumpAccessVersion(tx);
      return memberId;
    });
  }

  /** Finds out who is meant, in Harbor's order: user id, group id, user name, group by DN, group by name and type. */
  private async resolve(tx: Transaction, body: MemberBody): Promise<MemberEntityRef | null> {
    const { member_user: user, member_group: group } = body;
    if (user && user.user_id > 0) return this.members.findUserById(tx, user.user_id);
    if (group && group.id > 0) return this.members.findGroupById(tx, group.id);
    if (user && user.username !== '') return this.members.findUserByName(tx, user.username);
    if (group && group.ldap_group_dn !== '') return this.members.findGroupByDn(tx, group.ldap_group_dn);
    if (group && group.group_name !== '') {
      return this.members.findGroupByName(tx, group.group_name, group.group_type);
    }
    throw Errors.badRequest('at least one of member_user or member_group must be provided');
  }
}

function unknown({ member_user: user, member_group: group }: MemberBody): never {
  if (user && user.user_id > 0) throw Errors.badRequest(`user ${user.user_id} not found`);
  if (group && group.id > 0) throw Errors.badRequest(`group ${group.id} not found`);
  if (user && user.username !== '') throw Errors.notFound(`user ${user.username} is not found`);
  throw Errors.badRequest(`group ${[group?.ldap_group_dn, group?.group_name].find(Boolean)} not found`);
}

function required(member: MemberRow | null, { projectId }: ProjectIdentity, memberId: number): MemberRow {
  if (member !== null) return member;
  throw Errors.notFound(`the project member is not found, project id ${projectId}, member id ${memberId}`);
}

const record = (
  tx: Transaction,
  actor: Actor,
  operation: 'create' | 'update' | 'delete',
  project: ProjectIdentity,
  { entityType, entityName }: MemberEntityRef,
): Promise<void> =>
  recordAudit(tx, {
    projectId: project.projectId,
    operation,
    resourceType: 'member',
    resource: entityName,
    username: actor.username,
    sourceIp: actor.sourceIp,
    description:
      `${operation} ${entityType === 'u' ? 'user' : 'group'} member ${entityName} ` +
      `${operation === 'delete' ? 'from' : 'in'} project ${project.name}`,
  });
