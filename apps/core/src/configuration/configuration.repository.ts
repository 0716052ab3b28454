import { Injectable } from '@nestjs/common';
import { sql, statement, type Sql } from '@haven/models';

const upsert = statement(
  'properties_write',
  `INSERT INTO properties (k, v) SELECT * FROM unnest($1::text[], $2::text[])
   ON CONFLICT ON CONSTRAINT properties__k DO UPDATE SET v = excluded.v`,
);

/** The runtime settings as they are stored: texts, secret ones encrypted. */
@Injectable()
export class ConfigurationRepository {
  async read(db: Sql): Promise<ReadonlyMap<string, string>> {
    const rows = await db.rows<{ k: string; v: string }>(sql('SELECT k, v FROM properties'));
    return new Map(rows.map((row) => [row.k, row.v]));
  }

  async write(tx: Sql, values: ReadonlyMap<string, string>): Promise<void> {
    if (values.size === 0) return;
    // In one order everywhere, so that two changes never wait for each other in a circle.
    const keys = [...values.keys()].sort();
    await tx.run(
      upsert(
        keys,
        keys.map((key) => values.get(key)),
      ),
    );
  }

  /** Whether anyone but the first administrator has an account. */
  async hasUsers(db: Sql): Promise<boolean> {
    const query = 'SELECT EXISTS (SELECT 1 FROM harbor_user WHERE user_id > 2 AND NOT deleted) AS "hasUsers"';
    return (await db.one<{ hasUsers: boolean }>(sql(query))).hasUsers;
  }
}
