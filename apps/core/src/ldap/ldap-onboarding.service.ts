import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { isEmail, isUsername } from '../user/user-rules.js';
import type { DirectoryUser } from './directory.client.js';
import type { DirectoryGroup } from './group-walk.js';
import { LdapAccountRepository, type LdapProfile } from './ldap-account.repository.js';

/** The first administrator and the anonymous user: nobody becomes one of them by having their name in a directory. */
const lastBuiltInId = 2;

/** Gives people and groups of the directory their place in the database, at their first log-in or before it. */
@Injectable()
export class LdapOnboarding {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(LdapAccountRepository) private readonly accounts: LdapAccountRepository,
  ) {}

  /** @param actor whose doing it is; the user's own unless said otherwise @returns null when their name cannot be one here */
  async ensureUser(user: DirectoryUser, actor = { username: user.username, sourceIp: '' }): Promise<number | null> {
    if (!isUsername(user.username)) return null;
    const profile = profileOf(user);
    const userId = (await this.accounts.findUserId(user.username)) ?? (await this.addUser(profile, actor));
    if (userId <= lastBuiltInId) return null;
    await this.accounts.updateUser(userId, profile);
    return userId;
  }

  /** @returns ids of all of them */
  async ensureGroups(groups: readonly Pick<DirectoryGroup, 'dn' | 'name'>[]): Promise<number[]> {
    if (groups.length === 0) return [];
    const ids = await this.accounts.ensureGroups(groups);
    // Somebody else has added one of them at this moment.
    return ids.length < groups.length ? this.accounts.ensureGroups(groups) : ids;
  }

  private async addUser(profile: LdapProfile, actor: { username: string; sourceIp: string }): Promise<number> {
    const added = await this.store.transaction(async (tx) => {
      const userId = await this.accounts.insertUser(tx, profile);
      if (userId !== null) {
        await recordAudit(tx, {
          ...{ operation: 'create', resourceType: 'user', resource: profile.username, ...actor },
          description: `create user with name: ${profile.username} from LDAP`,
        });
      }
      return userId;
    });
    // Not added: another log-in of theirs was quicker, or their address was taken at this moment.
    return added ?? (await this.accounts.findUserId(profile.username)) ?? this.addUser(profile, actor);
  }
}

function profileOf({ username, realname, email }: DirectoryUser): LdapProfile {
  const address = email === '' ? username : email;
  return { username, realname: realname.slice(0, 255), email: isEmail(address) ? address : '' };
}
