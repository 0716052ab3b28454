import { Inject, Injectable } from '@nestjs/common';
import type { Page, PageOf } from '@haven/http';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { Cell } from './csv.js';
import type { ReportQuestion } from './report.schema.js';

export type ReportRow = Record<string, Cell>;

/** A report's columns as SQL, by the names under which they are shown; all else follows from them. */
interface Report {
  table: 'traffic_hour' | 'storage_day';
  /** What rows are added up by. */
  keys: Readonly<Record<string, string>>;
  sums: Readonly<Record<string, string>>;
  having?: string;
  /** Names of columns, then the keys. */
  order?: string;
}

const project = { project_name: 'project.name' };
const image = { ...project, repository_name: 'repository' };
const sumOf = (...columns: string[]): Record<string, string> =>
  Object.fromEntries(columns.map((column) => [column, `sum(${column})::bigint`]));
const failures = { failures: 'sum(push_failures + pull_failures)::bigint' };
const traffic = { ...sumOf('pushes', 'pulls', 'deletes'), ...failures, ...sumOf('bytes_in', 'bytes_out') };

function reportOf({ name, interval, byProject, ranking }: ReportQuestion): Report {
  const time = { time: `date_trunc('${interval}', hour, 'UTC')` };
  const perProject = byProject ? project : {};
  switch (name) {
    case 'top-images':
      return {
        table: 'traffic_hour',
        keys: image,
        sums: traffic,
        having: `repository <> '' AND sum(${ranking}) > 0`,
        order: `${ranking} DESC`,
      };
    case 'traffic':
      return { table: 'traffic_hour', keys: { ...time, ...perProject }, sums: traffic };
    case 'growth': {
      const day = { day: `to_char(day, 'YYYY-MM-DD')` };
      return { table: 'storage_day', keys: { ...day, ...perProject }, sums: { stored_bytes: 'sum(bytes)::bigint' } };
    }
    case 'failures':
      return {
        table: 'traffic_hour',
        keys: { ...time, ...image },
        sums: { ...failures, ...sumOf('push_failures', 'pull_failures') },
        having: 'sum(push_failures + pull_failures) > 0',
        order: 'failures DESC',
      };
  }
}

const inRange = {
  traffic_hour: `hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2::timestamptz`,
  storage_day: `day >= ($1::timestamptz AT TIME ZONE 'UTC')::date AND day < $2::timestamptz AT TIME ZONE 'UTC'`,
};

const selected = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([name, expression]) => `${expression} AS ${name}`)
    .join(', ');

@Injectable()
export class ReportRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  columns(question: ReportQuestion): string[] {
    const { keys, sums } = reportOf(question);
    return [...Object.keys(keys), ...Object.keys(sums)];
  }

  /** @param projectId null for the whole platform */
  async read(question: ReportQuestion, projectId: number | null, page: Page): Promise<PageOf<ReportRow>> {
    const { table, keys, sums, having = 'TRUE', order } = reportOf(question);
    const names = Object.keys(keys);
    const rows = `SELECT ${selected(keys)}, ${selected(sums)} FROM ${table} JOIN project USING (project_id)
      WHERE ${inRange[table]} AND ($3::integer IS NULL OR project_id = $3)
      GROUP BY ${Object.values(keys).join(', ')} HAVING ${having}`;
    const values = [question.from, question.to, projectId];
    const db = this.store.sql;
    const { total } = await db.one<{ total: number }>(
      sql(`SELECT count(*) AS total FROM (${rows}) AS report`, ...values),
    );
    const ordered = `${rows} ORDER BY ${[...(order === undefined ? [] : [order]), ...names].join(', ')}`;
    const offset = (page.number - 1) * page.size;
    const items = await db.rows<ReportRow>(sql(`${ordered} LIMIT $4 OFFSET $5`, ...values, page.size, offset));
    return { items, total };
  }
}
