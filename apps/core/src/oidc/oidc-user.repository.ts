import { Inject, Injectable } from '@nestjs/common';
import { sql, statement, type Sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { groupTypes } from '../user-group/user-group.repository.js';

/** A user whom the provider vouches for, and what it said last. */
export interface OidcUserRow {
  userId: number;
  username: string;
  isSystemAdmin: boolean;
  /** Encrypted, like the token. */
  secret: string;
  /** Empty once the provider has taken its tokens back. */
  token: string;
  subiss: string;
  isAdminInAuth: boolean;
  groupIds: number[];
  validUntil: Date;
  /** Some process is asking the provider anew. */
  isRenewing: boolean;
}

/** What is stored of an answer of the provider. */
export interface Standing {
  token: string;
  groupNames: readonly string[];
  isAdmin: boolean;
  validUntil: Date;
}

/** Harbor's OIDCUserInfo, with the secret still encrypted. */
export interface OidcMetaRow {
  id: number;
  userId: number;
  subiss: string;
  secret: string;
  creationTime: Date;
  updateTime: Date;
}

export interface NewOidcUser extends Standing {
  username: string;
  email: string | null;
  subiss: string;
  secret: string;
}

const selectUser = `
  SELECT harbor_user.user_id AS "userId", username, sysadmin_flag AS "isSystemAdmin", secret, token, subiss,
         is_admin AS "isAdminInAuth", valid_until AS "validUntil", renewal_until > now() AS "isRenewing",
         ARRAY(SELECT user_group.id FROM user_group
                WHERE group_type = ${groupTypes.oidc} AND group_name = ANY(group_names)) AS "groupIds"
    FROM oidc_user JOIN harbor_user USING (user_id)
   WHERE NOT deleted`;
const byName = statement('oidc_user_by_name', `${selectUser} AND username = $1`);
const byIdentity = statement('oidc_user_by_subiss', `${selectUser} AND subiss = $1`);
const byId = statement('oidc_user_by_id', `${selectUser} AND user_id = $1`);
const meta = statement(
  'oidc_user_meta',
  `SELECT id, user_id AS "userId", subiss, secret, creation_time AS "creationTime", update_time AS "updateTime"
     FROM oidc_user WHERE user_id = $1::bigint`,
);

const insertUser = statement(
  'oidc_user_insert',
  `WITH account AS (
     INSERT INTO harbor_user (username, realname, email, comment)
     SELECT $1, $1, $2, 'Onboarded via OIDC provider'
      WHERE NOT EXISTS (SELECT 1 FROM oidc_user WHERE subiss = $3)
         ON CONFLICT DO NOTHING RETURNING user_id)
   INSERT INTO oidc_user (user_id, subiss, secret, token, group_names, is_admin, valid_until)
   SELECT user_id, $3, $4, $5, $6, $7, $8 FROM account RETURNING user_id`,
);
const updateStanding = statement(
  'oidc_user_standing',
  `UPDATE oidc_user
      SET token = $2, group_names = $3, is_admin = $4, valid_until = $5, renewal_until = '-infinity', update_time = now()
    WHERE user_id = $1`,
);
/** Groups that are there already take no number of the sequence. */
const ensureGroups = statement(
  'oidc_groups_ensure',
  `WITH made AS (
     INSERT INTO user_group (group_name, group_type)
     SELECT name, ${groupTypes.oidc} FROM unnest($1::text[]) AS name
      WHERE NOT EXISTS (SELECT 1 FROM user_group WHERE group_name = name)
      ORDER BY name
         ON CONFLICT DO NOTHING RETURNING id)
   SELECT id FROM made
   UNION ALL
   SELECT id FROM user_group WHERE group_type = ${groupTypes.oidc} AND group_name = ANY($1)`,
);
const updateSecret = statement(
  'oidc_user_secret',
  `UPDATE oidc_user SET secret = $2, update_time = now() FROM harbor_user
    WHERE oidc_user.user_id = $1::bigint AND harbor_user.user_id = oidc_user.user_id AND NOT deleted RETURNING username`,
);
const dropToken = statement(
  'oidc_user_drop_token',
  `UPDATE oidc_user SET token = '', renewal_until = '-infinity', update_time = now() WHERE user_id = $1 AND token = $2`,
);
const claimRenewal = statement(
  'oidc_user_claim_renewal',
  `UPDATE oidc_user SET renewal_until = now() + $2 * interval '1 millisecond'
    WHERE user_id = $1 AND renewal_until < now() RETURNING token`,
);

@Injectable()
export class OidcUserRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  findByName(username: string): Promise<OidcUserRow | null> {
    return this.store.sql.maybe<OidcUserRow>(byName(username));
  }

  findById(userId: number): Promise<OidcUserRow | null> {
    return this.store.sql.maybe<OidcUserRow>(byId(userId));
  }

  /** @param subiss subject and issuer */
  findByIdentity(subiss: string): Promise<OidcUserRow | null> {
    return this.store.sql.maybe<OidcUserRow>(byIdentity(subiss));
  }

  findMeta(userId: number): Promise<OidcMetaRow | null> {
    return this.store.sql.maybe<OidcMetaRow>(meta(userId));
  }

  /** @returns the id, or null when name, address or identity are somebody's already */
  async insert(tx: Transaction, user: NewOidcUser): Promise<number | null> {
    const { username, email, subiss, secret, token, groupNames, isAdmin, validUntil } = user;
    const row = await tx.maybe<{ user_id: number }>(
      insertUser(username, email, subiss, secret, token, groupNames, isAdmin, validUntil),
    );
    return row?.user_id ?? null;
  }

  async updateStanding(userId: number, { token, groupNames, isAdmin, validUntil }: Standing): Promise<void> {
    await this.store.sql.run(updateStanding(userId, token, groupNames, isAdmin, validUntil));
  }

  /** Makes the groups that are not there yet. @returns the ids of all of them, but not of those that are of another kind */
  async ensureGroups(names: readonly string[], db: Sql = this.store.sql): Promise<number[]> {
    if (names.length === 0) return [];
    return (await db.rows<{ id: number }>(ensureGroups(names))).map(({ id }) => id);
  }

  /**
   * Takes it upon us to ask the provider anew.
   * @returns the token to ask with, or null when somebody else is asking
   */
  async claimRenewal(userId: number, leaseMs: number): Promise<string | null> {
    return (await this.store.sql.maybe<{ token: string }>(claimRenewal(userId, leaseMs)))?.token ?? null;
  }

  async releaseRenewal(userId: number): Promise<void> {
    await this.store.sql.run(sql(`UPDATE oidc_user SET renewal_until = '-infinity' WHERE user_id = $1`, userId));
  }

  /** Forgets a token that the provider has taken back, unless another one has taken its place. */
  async dropToken(userId: number, token: string): Promise<void> {
    await this.store.sql.run(dropToken(userId, token));
  }

  /** @returns the name of the user, or null when no provider vouches for them */
  async updateSecret(tx: Transaction, userId: number, secret: string): Promise<string | null> {
    return (await tx.maybe<{ username: string }>(updateSecret(userId, secret)))?.username ?? null;
  }
}
