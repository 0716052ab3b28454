import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, sql, statement } from '@haven/models';
import { MemberEntity, ModelStore, UserEntity, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { Profile } from './user-rules.js';

/** A user as the API tells of one; the password is never among it. */
export interface UserRow {
  userId: number;
  username: string;
  email: string | null;
  realname: string;
  comment: string;
  sysadminFlag: boolean;
  creationTime: Date;
  updateTime: Date;
}

const columns = `user_id AS "userId", username, email, realname, comment, sysadmin_flag AS "sysadminFlag",
  creation_time AS "creationTime", update_time AS "updateTime"`;

const shape: ListShape = {
  fields: {
    user_id: { column: 'user_id', type: 'int' },
    UserID: { column: 'user_id', type: 'int' },
    username: { column: 'username COLLATE "C"', type: 'string' },
    Username: { column: 'username COLLATE "C"', type: 'string' },
    email: { column: 'email COLLATE "C"', type: 'string' },
    Email: { column: 'email COLLATE "C"', type: 'string' },
    realname: { column: 'realname COLLATE "C"', type: 'string' },
    Realname: { column: 'realname COLLATE "C"', type: 'string' },
    comment: { column: 'comment COLLATE "C"', type: 'string' },
    Comment: { column: 'comment COLLATE "C"', type: 'string' },
    sysadmin_flag: { column: 'sysadmin_flag', type: 'bool' },
    SysAdminFlag: { column: 'sysadmin_flag', type: 'bool' },
    creation_time: { column: 'creation_time', type: 'time' },
    CreationTime: { column: 'creation_time', type: 'time' },
    update_time: { column: 'update_time', type: 'time' },
    UpdateTime: { column: 'update_time', type: 'time' },
  },
  defaultSort: 'username',
  idColumn: 'user_id',
};

/** The built-in admin is in no list. */
const source = {
  table: 'harbor_user',
  idColumn: 'user_id',
  columns,
  where: 'NOT deleted AND user_id > 1',
  values: [],
};

const find = statement('user_find', `SELECT ${columns} FROM harbor_user WHERE user_id = $1::bigint AND NOT deleted`);
const readPassword = statement(
  'user_password',
  'SELECT password FROM harbor_user WHERE user_id = $1::bigint AND NOT deleted',
);
const insert = statement(
  'user_insert',
  `INSERT INTO harbor_user (username, email, realname, comment, password) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT DO NOTHING RETURNING user_id AS "userId"`,
);

@Injectable()
export class UserRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(query: ListQuery): Promise<PageOf<UserRow>> {
    return selectPage<UserRow>(this.store.sql, source, buildListSql(query, shape));
  }

  /** Users whose name holds the text, the shortest names first: at most `limit` of them, 0 for all; and how many there are. */
  async search(text: string, limit: number): Promise<PageOf<UserRow>> {
    const filters = new Map([['username', { kind: 'fuzzy', value: text } as const]]);
    const list = buildListSql({ filters, sort: [], page: { number: 1, size: limit } }, shape);
    const order = ['length(username)', 'username COLLATE "C"'].map((expression) => ({ expression, descending: false }));
    return selectPage<UserRow>(this.store.sql, source, { ...list, order });
  }

  find(userId: number): Promise<UserRow | null> {
    return this.store.sql.maybe<UserRow>(find(userId));
  }

  /** The stored hash, or null when there is no such user. */
  async readPasswordHash(userId: number): Promise<string | null> {
    return (await this.store.sql.maybe<{ password: string }>(readPassword(userId)))?.password ?? null;
  }

  /** @returns the id, or null when the name or the e-mail address is taken */
  async insert(tx: Transaction, user: Profile & { username: string; passwordHash: string }): Promise<number | null> {
    const { username, email, realname, comment, passwordHash } = user;
    const row = await tx.maybe<{ userId: number }>(insert(username, email, realname, comment, passwordHash));
    return row?.userId ?? null;
  }

  /** Locks a user for a change. @returns null when there is none */
  lock(tx: Transaction, userId: number): Promise<{ username: string } | null> {
    return tx.maybe<{ username: string }>(
      sql('SELECT username FROM harbor_user WHERE user_id = $1::bigint AND NOT deleted FOR UPDATE', userId),
    );
  }

  /** @returns false when the e-mail address belongs to somebody else; the transaction is lost then */
  async updateProfile(tx: Transaction, userId: number, profile: Profile): Promise<boolean> {
    try {
      await tx.manager.update(UserEntity, { userId }, { ...profile, updateTime: new Date() });
      return true;
    } catch (error) {
      if (brokenConstraint(error) === 'harbor_user__email') return false;
      throw error;
    }
  }

  async updatePassword(tx: Transaction, userId: number, passwordHash: string): Promise<void> {
    await tx.manager.update(UserEntity, { userId }, { password: passwordHash, updateTime: new Date() });
  }

  async updateSysAdmin(tx: Transaction, userId: number, sysadminFlag: boolean): Promise<void> {
    await tx.manager.update(UserEntity, { userId }, { sysadminFlag, updateTime: new Date() });
  }

  /** Renames the row, so that name and address are free, and ends the user's memberships and ties to a provider. */
  async remove(tx: Transaction, userId: number): Promise<void> {
    await tx.run(
      sql(
        `UPDATE harbor_user
            SET deleted = true, update_time = now(),
                username = left(username, 254 - length(user_id::text)) || '#' || user_id,
                email = left(email, 254 - length(user_id::text)) || '#' || user_id
          WHERE user_id = $1`,
        userId,
      ),
    );
    await tx.manager.delete(MemberEntity, { entityType: 'u', entityId: userId });
    await tx.run(sql('DELETE FROM oidc_user WHERE user_id = $1', userId));
  }
}
