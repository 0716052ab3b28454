import { Inject, Injectable } from '@nestjs/common';
import { brokenConstraint, statement } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';

/** What is taken over of somebody. */
export interface LdapProfile {
  username: string;
  realname: string;
  /** Empty where the directory has none that is one. */
  email: string;
}

const find = statement('ldap_user_find', 'SELECT user_id AS "userId" FROM harbor_user WHERE username = $1');
const insert = statement(
  'ldap_user_insert',
  `INSERT INTO harbor_user (username, realname, comment, email)
   SELECT $1, $2, 'from LDAP.',
          CASE WHEN $3 = '' OR EXISTS (SELECT 1 FROM harbor_user WHERE email = $3) THEN NULL ELSE $3 END
   ON CONFLICT DO NOTHING RETURNING user_id AS "userId"`,
);
const update = statement(
  'ldap_user_update',
  `UPDATE harbor_user
      SET realname = profile.realname, email = profile.email, update_time = now()
     FROM (SELECT coalesce(nullif($2, ''), realname) AS realname,
                  CASE WHEN $3 = '' OR EXISTS (SELECT 1 FROM harbor_user taken WHERE taken.email = $3) THEN email
                       ELSE $3 END AS email
             FROM harbor_user WHERE user_id = $1) AS profile
    WHERE user_id = $1
      AND (harbor_user.realname, harbor_user.email) IS DISTINCT FROM (profile.realname, profile.email)`,
);
/** A name that another group has gives way to the DN. */
const ensureGroups = statement(
  'ldap_group_ensure',
  `WITH wanted AS (SELECT DISTINCT ON (lower(dn)) dn, name FROM unnest($1::text[], $2::text[]) AS given (dn, name)),
   known AS (
     SELECT wanted.dn, user_group.id FROM wanted
       JOIN user_group ON group_type = 1 AND lower(ldap_group_dn) = lower(wanted.dn)),
   added AS (
     INSERT INTO user_group (group_name, group_type, ldap_group_dn)
     SELECT CASE WHEN row_number() OVER (PARTITION BY name ORDER BY dn) > 1
                   OR EXISTS (SELECT 1 FROM user_group WHERE group_name = left(name, 255))
                 THEN left(dn, 255) ELSE left(name, 255) END, 1, dn
       FROM wanted WHERE dn NOT IN (SELECT dn FROM known) AND length(dn) <= 512
     ON CONFLICT DO NOTHING RETURNING id)
   SELECT id FROM known UNION ALL SELECT id FROM added`,
);

/** People and groups of the directory, as the database has them. */
@Injectable()
export class LdapAccountRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async findUserId(username: string): Promise<number | null> {
    return (await this.store.sql.maybe<{ userId: number }>(find(username)))?.userId ?? null;
  }

  /** Without the e-mail address when somebody else has it. @returns null when the user name has just been taken */
  async insertUser(tx: Transaction, { username, realname, email }: LdapProfile): Promise<number | null> {
    return (await tx.maybe<{ userId: number }>(insert(username, realname, email)))?.userId ?? null;
  }

  /** Brings name and address up to date; the address not when somebody else has it. */
  async updateUser(userId: number, { realname, email }: LdapProfile): Promise<void> {
    await this.store.sql.run(update(userId, realname, email)).catch((error: unknown) => {
      // Taken at this very moment.
      if (brokenConstraint(error) !== 'harbor_user__email') throw error;
    });
  }

  /** @returns ids of the groups, of which those that are new have been added */
  async ensureGroups(groups: readonly { dn: string; name: string }[]): Promise<number[]> {
    const [dns, names] = [groups.map(({ dn }) => dn), groups.map(({ name }) => name)];
    return (await this.store.sql.rows<{ id: number }>(ensureGroups(dns, names))).map(({ id }) => id);
  }
}
