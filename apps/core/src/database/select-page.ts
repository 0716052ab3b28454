import type { ListSql, PageOf } from '@haven/http';
import { sql, type Sql } from '@haven/models';

/** What a list is taken from. All of it is SQL of ours; the values are the caller's. */
export interface PageSource {
  /** A table, or several joined. */
  table: string;
  /** Unique in the list: `tag.id`. */
  idColumn: string;
  columns: string;
  /** Which rows the list can ever hold; refers to `values` as `$1`, `$2`, … and the list's own values come after. */
  where: string;
  values: readonly unknown[];
  /** Values that only `columns` refers to; they come last. */
  columnValues?: readonly unknown[];
}

/**
 * Reads one page, and how long the whole list is: two statements, whatever the page.
 * Ids come first, from an index where one has that order, so that what lies before the page is neither fetched nor
 * computed.
 */
export async function selectPage<Row extends object>(db: Sql, source: PageSource, list: ListSql): Promise<PageOf<Row>> {
  const { table, idColumn, columns, columnValues = [] } = source;
  const where = `${source.where} AND ${list.where}`;
  const values = [...source.values, ...list.values];
  const ids = `SELECT ${idColumn} FROM ${table} WHERE ${where} ORDER BY ${list.orderBy} ${list.limit}`;
  const page = `SELECT ${columns} FROM ${table} WHERE ${idColumn} = ANY (ARRAY(${ids})) ORDER BY ${list.orderBy}`;
  const [count, items] = await Promise.all([
    db.one<{ total: number }>(sql(`SELECT count(*) AS total FROM ${table} WHERE ${where}`, ...values)),
    db.rows<Row>(sql(page, ...values, ...columnValues)),
  ]);
  return { items, total: count.total };
}
