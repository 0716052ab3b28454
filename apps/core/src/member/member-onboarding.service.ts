import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { LdapDirectory } from '../ldap/ldap-directory.service.js';
import { LdapOnboarding } from '../ldap/ldap-onboarding.service.js';
import type { Actor } from '../security/actor.decorator.js';
import type { MemberBody } from './member.schema.js';

const ldapGroup = 1;

/** Finds people and groups in the directory that are to become members before they have ever been seen. */
@Injectable()
export class MemberOnboarding {
  constructor(
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(LdapDirectory) private readonly directory: LdapDirectory,
    @Inject(LdapOnboarding) private readonly onboarding: LdapOnboarding,
  ) {}

  /**
   * @param body names somebody whom the database does not know
   * @returns the same by id, once they have a place in it; null when the directory does not know them either
   * @throws AppError BAD_REQUEST for what is no DN, UNAVAILABLE
   */
  async ensure(actor: Actor, body: MemberBody): Promise<MemberBody | null> {
    const { member_user: user, member_group: group } = body;
    const isById = (user?.user_id ?? 0) > 0 || (group?.id ?? 0) > 0;
    if (isById || this.configuration.value('auth_mode') !== 'ldap_auth') return null;
    if (user && user.username !== '') {
      const userId = await this.ensureUser(actor, user.username);
      return userId === null ? null : { role_id: body.role_id, member_user: { user_id: userId, username: '' } };
    }
    const groupId = group ? await this.ensureGroup(group) : null;
    if (groupId === null) return null;
    return { role_id: body.role_id, member_group: { id: groupId, group_name: '', group_type: 0, ldap_group_dn: '' } };
  }

  private async ensureUser({ username, sourceIp }: Actor, name: string): Promise<number | null> {
    const [user, another] = await this.directory.findUsers([name]);
    if (user === undefined || another !== undefined) return null;
    return this.onboarding.ensureUser(user, { username, sourceIp });
  }

  private async ensureGroup(group: NonNullable<MemberBody['member_group']>): Promise<number | null> {
    const { group_name: name, group_type: type, ldap_group_dn: dn } = group;
    if (dn === '' && type !== ldapGroup) return null;
    const found = dn === '' ? await this.directory.findGroupsByName(name) : [await this.directory.findGroup(dn)];
    const [only, another] = found;
    if (!only || another) return null;
    // Whoever names it decides what it is called here.
    const [groupId] = await this.onboarding.ensureGroups([{ dn: only.dn, name: name === '' ? only.name : name }]);
    return groupId ?? null;
  }
}
