import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { bumpAccessVersion } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { LdapDirectory } from '../ldap/ldap-directory.service.js';
import { groupTypes, UserGroupRepository, type NewUserGroup, type UserGroupRow } from './user-group.repository.js';
import type { UserGroupBody } from './user-group.schema.js';

const longestName = 255;
const knownTypes: readonly number[] = Object.values(groupTypes);

/** Groups of users, as an identity provider knows them: what can be a member of projects. */
@Injectable()
export class UserGroupService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(UserGroupRepository) private readonly groups: UserGroupRepository,
    @Inject(LdapDirectory) private readonly directory: LdapDirectory,
  ) {}

  list(query: ListQuery): Promise<PageOf<UserGroupRow>> {
    return this.groups.list(query);
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number): Promise<UserGroupRow> {
    return required(await this.groups.find(this.store.sql, id), id);
  }

  /** @returns the id @throws AppError BAD_REQUEST, CONFLICT, UNAVAILABLE (the directory that the group is of) */
  async create(body: UserGroupBody): Promise<number> {
    const group = requireGroup(body);
    if (group.type === groupTypes.ldap) group.ldapDn = await this.resolve(body.ldap_group_dn);
    const id = await this.store.transaction((tx) => this.groups.insert(tx, group));
    if (id === null) throw Errors.conflict(`user group ${group.name} already exists`);
    return id;
  }

  /** Only the name can be changed. @throws AppError NOT_FOUND, BAD_REQUEST */
  async rename(id: number, body: UserGroupBody): Promise<void> {
    const name = requireName(body.group_name);
    await this.change(id, async (tx) => {
      if (!(await this.groups.rename(tx, id, name))) throw Errors.badRequest(`user group ${name} already exists`);
    });
  }

  /** Its members lose what they were through it. @throws AppError NOT_FOUND */
  remove(id: number): Promise<void> {
    return this.change(id, (tx) => this.groups.remove(tx, id));
  }

  /** A group of the directory is only one if the directory has it. @returns its DN as the directory spells it */
  private async resolve(dn: string): Promise<string> {
    const found = await this.directory.findGroup(dn);
    if (found === null) throw Errors.badRequest(`LDAP group ${dn} is not found`);
    return found.dn;
  }

  private async change(id: number, work: (tx: Transaction) => Promise<void>): Promise<void> {
    await this.store.transaction(async (tx) => {
      required(await this.groups.find(tx, id), id);
      await work(tx);
      await bumpAccessVersion(tx);
    });
  }
}

function requireName(given: string): string {
  const name = given.trim();
  if (name === '' || name.length > longestName || name.includes('\0')) {
    throw Errors.badRequest(`the name of a user group has 1 to ${longestName} characters`);
  }
  return name;
}

function requireGroup(body: UserGroupBody): NewUserGroup {
  if (!knownTypes.includes(body.group_type)) throw Errors.badRequest(`invalid group type: ${body.group_type}`);
  return { name: requireName(body.group_name), type: body.group_type, ldapDn: '' };
}

function required(group: UserGroupRow | null, id: number): UserGroupRow {
  if (group === null) throw Errors.notFound(`user group ${id} not found`);
  return group;
}
