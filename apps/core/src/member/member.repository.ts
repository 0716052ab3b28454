import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement, type Sql } from '@haven/models';
import { MemberEntity, ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

/** Who can be a member: a user (`u`) or a group (`g`). */
export interface MemberEntityRef {
  entityId: number;
  entityType: 'u' | 'g';
  entityName: string;
}

/** A membership with the name of the user or group. */
export interface MemberRow extends MemberEntityRef {
  id: number;
  projectId: number;
  role: number;
}

const entityName = 'coalesce(harbor_user.username, user_group.group_name)';
const columns = `member.id, member.project_id AS "projectId", member.entity_id AS "entityId",
  member.entity_type AS "entityType", ${entityName} AS "entityName", member.role`;
const tables = `project_member member
  LEFT JOIN harbor_user ON member.entity_type = 'u' AND harbor_user.user_id = member.entity_id
  LEFT JOIN user_group ON member.entity_type = 'g' AND user_group.id = member.entity_id`;

const shape: ListShape = {
  fields: { entity_name: { column: `${entityName} COLLATE "C"`, type: 'string' } },
  defaultSort: 'entity_name',
  idColumn: 'member.id',
};

const find = statement(
  'member_find',
  `SELECT ${columns} FROM ${tables} WHERE member.project_id = $1 AND member.id = $2::bigint`,
);
const insert = statement(
  'member_insert',
  `INSERT INTO project_member (project_id, entity_id, entity_type, role) VALUES ($1, $2, $3, $4)
   ON CONFLICT DO NOTHING RETURNING id`,
);

const userColumns = `user_id AS "entityId", 'u' AS "entityType", username AS "entityName"`;
const groupColumns = `id AS "entityId", 'g' AS "entityType", group_name AS "entityName"`;
// A share of the row, so that the user is not deleted while becoming a member.
const userById = statement(
  'member_user_by_id',
  `SELECT ${userColumns} FROM harbor_user WHERE user_id = $1::bigint AND NOT deleted FOR KEY SHARE`,
);
const userByName = statement(
  'member_user_by_name',
  `SELECT ${userColumns} FROM harbor_user WHERE username = $1 AND NOT deleted FOR KEY SHARE`,
);
const groupById = statement(
  'member_group_by_id',
  `SELECT ${groupColumns} FROM user_group WHERE id = $1::bigint FOR KEY SHARE`,
);
const groupByDn = statement(
  'member_group_by_dn',
  `SELECT ${groupColumns} FROM user_group WHERE lower(ldap_group_dn) = lower($1) AND group_type = 1 FOR KEY SHARE`,
);
const groupByName = statement(
  'member_group_by_name',
  `SELECT ${groupColumns} FROM user_group WHERE group_name = $1 AND group_type = $2 FOR KEY SHARE`,
);

@Injectable()
export class MemberRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(projectId: number, query: ListQuery): Promise<PageOf<MemberRow>> {
    const list = buildListSql(query, shape, 2);
    const where = 'member.project_id = $1';
    const source = { table: tables, idColumn: shape.idColumn, columns, where, values: [projectId] };
    return selectPage<MemberRow>(this.store.sql, source, list);
  }

  /** The member, or null when it is none of this project. */
  find(db: Sql, projectId: number, memberId: number): Promise<MemberRow | null> {
    return db.maybe<MemberRow>(find(projectId, memberId));
  }

  findUserById(tx: Transaction, userId: number): Promise<MemberEntityRef | null> {
    return tx.maybe<MemberEntityRef>(userById(userId));
  }

  findUserByName(tx: Transaction, username: string): Promise<MemberEntityRef | null> {
    return tx.maybe<MemberEntityRef>(userByName(username));
  }

  findGroupById(tx: Transaction, groupId: number): Promise<MemberEntityRef | null> {
    return tx.maybe<MemberEntityRef>(groupById(groupId));
  }

  findGroupByDn(tx: Transaction, dn: string): Promise<MemberEntityRef | null> {
    return tx.maybe<MemberEntityRef>(groupByDn(dn));
  }

  findGroupByName(tx: Transaction, name: string, type: number): Promise<MemberEntityRef | null> {
    return tx.maybe<MemberEntityRef>(groupByName(name, type));
  }

  /** @returns the id of the membership, or null when there is one already */
  async insert(tx: Transaction, projectId: number, entity: MemberEntityRef, role: number): Promise<number | null> {
    const row = await tx.maybe<{ id: number }>(insert(projectId, entity.entityId, entity.entityType, role));
    return row?.id ?? null;
  }

  async updateRole(tx: Transaction, memberId: number, role: number): Promise<void> {
    await tx.manager.update(MemberEntity, { id: memberId }, { role, updateTime: new Date() });
  }

  async remove(tx: Transaction, memberId: number): Promise<void> {
    await tx.manager.delete(MemberEntity, { id: memberId });
  }
}
