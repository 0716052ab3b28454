import { Inject, Injectable } from '@nestjs/common';
import type { UserPrincipal } from '@haven/auth';
import { sql, statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';

/** What a log-in needs to know of a user. */
export interface Account {
  userId: number;
  username: string;
  passwordHash: string;
  isSystemAdmin: boolean;
}

/** What a log-in found out beyond the account itself. */
export interface LoginFacts {
  groupIds?: readonly number[];
  isAdminInAuth?: boolean;
  hasSession?: boolean;
}

export function toPrincipal(account: Omit<Account, 'passwordHash'>, facts: LoginFacts = {}): UserPrincipal {
  const { groupIds = [], isAdminInAuth = false, hasSession = false } = facts;
  return {
    kind: 'user',
    userId: account.userId,
    username: account.username,
    isSystemAdmin: account.isSystemAdmin || isAdminInAuth,
    isAdminInAuth,
    groupIds,
    hasSession,
  };
}

const columns = `user_id AS "userId", username, password AS "passwordHash", sysadmin_flag AS "isSystemAdmin"`;
const byLogin = statement(
  'account_by_login',
  `SELECT ${columns} FROM harbor_user WHERE (username = $1 OR email = $1) AND NOT deleted ORDER BY (username = $1) DESC LIMIT 1`,
);
const byId = statement('account_by_id', `SELECT ${columns} FROM harbor_user WHERE user_id = $1 AND NOT deleted`);

@Injectable()
export class AccountRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** By user name, or else by e-mail address. */
  findByLogin(login: string): Promise<Account | null> {
    return this.store.sql.maybe<Account>(byLogin(login));
  }

  findById(userId: number): Promise<Account | null> {
    return this.store.sql.maybe<Account>(byId(userId));
  }

  /** Replaces a hash by a stronger one of the same password, unless it was changed meanwhile. */
  async upgradeHash(userId: number, from: string, to: string): Promise<void> {
    await this.store.sql.run(
      sql('UPDATE harbor_user SET password = $3 WHERE user_id = $1 AND password = $2', userId, from, to),
    );
  }
}
