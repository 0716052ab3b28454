import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { sql, statement, type Sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

/** Where groups come from, by Harbor's numbers. */
export const groupTypes = { ldap: 1, http: 2, oidc: 3 } as const;

export interface UserGroupRow {
  id: number;
  name: string;
  type: number;
  /** Empty unless it is a group of LDAP. */
  ldapDn: string;
}

export type NewUserGroup = Omit<UserGroupRow, 'id'>;

const columns = `id, group_name AS name, group_type AS type, ldap_group_dn AS "ldapDn"`;

const shape: ListShape = {
  fields: {
    id: { column: 'id', type: 'int' },
    group_name: { column: 'group_name', type: 'string' },
    group_type: { column: 'group_type', type: 'int' },
    ldap_group_dn: { column: 'lower(ldap_group_dn)', type: 'string' },
  },
  defaultSort: 'group_name',
  idColumn: 'id',
};

const find = statement('user_group_find', `SELECT ${columns} FROM user_group WHERE id = $1::bigint`);
const insert = statement(
  'user_group_insert',
  `INSERT INTO user_group (group_name, group_type, ldap_group_dn)
   SELECT $1::text, $2::smallint, $3::text
    WHERE $3 = '' OR NOT EXISTS (SELECT 1 FROM user_group WHERE lower(ldap_group_dn) = lower($3))
   ON CONFLICT DO NOTHING RETURNING id`,
);
const rename = statement(
  'user_group_rename',
  `UPDATE user_group SET group_name = $2, update_time = now()
    WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM user_group WHERE group_name = $2 AND id <> $1)`,
);

@Injectable()
export class UserGroupRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(query: ListQuery): Promise<PageOf<UserGroupRow>> {
    const list = buildListSql(query, shape, 1);
    const source = { table: 'user_group', idColumn: shape.idColumn, columns, where: 'TRUE', values: [] };
    return selectPage<UserGroupRow>(this.store.sql, source, list);
  }

  find(db: Sql, id: number): Promise<UserGroupRow | null> {
    return db.maybe<UserGroupRow>(find(id));
  }

  /** @returns the id, or null when there is a group of that name, or of that DN */
  async insert(tx: Transaction, { name, type, ldapDn }: NewUserGroup): Promise<number | null> {
    return (await tx.maybe<{ id: number }>(insert(name, type, ldapDn)))?.id ?? null;
  }

  /** @returns false when another group has the name */
  async rename(tx: Transaction, id: number, name: string): Promise<boolean> {
    return (await tx.run(rename(id, name))) === 1;
  }

  /** With its memberships. */
  async remove(tx: Transaction, id: number): Promise<void> {
    await tx.run(sql(`DELETE FROM project_member WHERE entity_type = 'g' AND entity_id = $1`, id));
    await tx.run(sql('DELETE FROM user_group WHERE id = $1', id));
  }
}
