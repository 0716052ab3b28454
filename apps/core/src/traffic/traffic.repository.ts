import { Inject, Injectable } from '@nestjs/common';
import { sql, statement, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';

/** What is added to the hour in which it happened. */
export interface TrafficItem {
  /** Full name. */
  repository: string;
  /** RFC 3339. */
  at: string;
  /** The repository is known to have been there, though it may be gone by now. */
  isKnown?: boolean;
  pushes?: number | undefined;
  pulls?: number | undefined;
  deletes?: number | undefined;
  pushFailures?: number | undefined;
  pullFailures?: number | undefined;
  bytesIn?: number | undefined;
  bytesOut?: number | undefined;
}

const columns = {
  pushes: 'pushes',
  pulls: 'pulls',
  deletes: 'deletes',
  pushFailures: 'push_failures',
  pullFailures: 'pull_failures',
  bytesIn: 'bytes_in',
  bytesOut: 'bytes_out',
};
const named = Object.entries(columns);

/**
 * Names come from requests, too: those that are no repository are counted together. In the order of the key, so that two
 * batches never wait for each other in a circle.
 */
const add = statement(
  'traffic_add',
  `INSERT INTO traffic_hour AS kept (project_id, repository, hour, ${Object.values(columns).join(', ')})
   SELECT project.project_id,
          CASE WHEN item."isKnown" THEN item.repository ELSE coalesce(repository.name, '') END,
          date_trunc('hour', least(item.at, now()), 'UTC'),
          ${named.map(([key]) => `sum(coalesce(item."${key}", 0))`).join(', ')}
     FROM jsonb_to_recordset($1) AS item (repository text, at timestamptz, "isKnown" boolean,
          ${named.map(([key]) => `"${key}" bigint`).join(', ')})
     JOIN project ON project.name = split_part(item.repository, '/', 1) AND NOT project.deleted
     LEFT JOIN repository ON repository.name = item.repository AND repository.project_id = project.project_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
   ON CONFLICT (project_id, repository, hour) DO UPDATE
      SET ${Object.values(columns)
        .map((column) => `${column} = kept.${column} + excluded.${column}`)
        .join(', ')}`,
);
const openSource = statement(
  'traffic_source_open',
  'INSERT INTO traffic_source (source, position) VALUES ($1, -1) ON CONFLICT DO NOTHING',
);
const lockSource = statement('traffic_source_lock', 'SELECT position FROM traffic_source WHERE source = $1 FOR UPDATE');
const moveSource = statement(
  'traffic_source_move',
  'UPDATE traffic_source SET position = $2, update_time = now() WHERE source = $1',
);

const rowsAtOnce = 5_000;

@Injectable()
export class TrafficRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** Adds to the hours, in the transaction that says that it has been done. */
  async add(tx: Sql, items: readonly TrafficItem[]): Promise<void> {
    if (items.length > 0) await tx.run(add(JSON.stringify(items)));
  }

  /** Up to where a log was counted; nobody else counts it until the transaction ends. */
  async lockSource(tx: Sql, source: string): Promise<number> {
    await tx.run(openSource(source));
    return (await tx.one<{ position: number }>(lockSource(source))).position;
  }

  async moveSource(tx: Sql, source: string, position: number): Promise<void> {
    await tx.run(moveSource(source, position));
  }

  /** Notes what projects store today. The last note of a day is what stays of it. */
  async noteStorage(): Promise<void> {
    await this.store.sql.run(
      sql(`INSERT INTO storage_day AS kept (project_id, day, bytes)
           SELECT project_id, (now() AT TIME ZONE 'UTC')::date, coalesce(used_bytes, 0)
                  + (SELECT coalesce(sum(bytes), 0) FROM quota_delta WHERE quota_delta.project_id = project.project_id)
             FROM project LEFT JOIN quota_usage USING (project_id) WHERE NOT deleted ORDER BY project_id
           ON CONFLICT (project_id, day) DO UPDATE SET bytes = excluded.bytes WHERE kept.bytes <> excluded.bytes`),
    );
  }

  /** Removes some of what is older than that. @returns whether there may be more */
  async removeOlder(days: number): Promise<boolean> {
    const removed = await Promise.all([
      this.removeSome('traffic_hour', `hour < now() - make_interval(days => $1)`, days),
      this.removeSome('storage_day', `day < (now() AT TIME ZONE 'UTC')::date - $1::integer`, days),
    ]);
    return removed.some((rows) => rows === rowsAtOnce);
  }

  private removeSome(table: string, condition: string, days: number): Promise<number> {
    const old = `SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${rowsAtOnce}`;
    return this.store.sql.run(sql(`DELETE FROM ${table} WHERE ctid = ANY (ARRAY(${old}))`, days));
  }
}
