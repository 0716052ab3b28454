import type { QueryResultRow } from 'pg';

/** A statement with its values. A named one is parsed and planned once per connection. */
export interface Query {
  text: string;
  values: unknown[];
  name?: string;
}

/** What runs SQL: a pool, or the one connection of a transaction. */
export interface Sql {
  /** All rows. */
  rows: <Row extends QueryResultRow>(query: Query) => Promise<Row[]>;
  /** The first row, or null. */
  maybe: <Row extends QueryResultRow>(query: Query) => Promise<Row | null>;
  /** The first row of a statement that always gives one. */
  one: <Row extends QueryResultRow>(query: Query) => Promise<Row>;
  /** How many rows the statement touched. */
  run: (query: Query) => Promise<number>;
}

/** A prepared statement: `const byName = statement('project_by_name', 'SELECT … $1'); sql.maybe(byName(name))`. */
export const statement =
  (name: string, text: string) =>
  (...values: unknown[]): Query => ({ name, text, values });

/** A statement that is planned anew each time: rare ones, and those whose text is put together. */
export const sql = (text: string, ...values: unknown[]): Query => ({ text, values });

interface Runner {
  query(query: Query): Promise<{ rows: QueryResultRow[]; rowCount: number | null }>;
}

/** Puts the four verbs on anything that runs a pg query. */
export function sqlOver(runner: Runner): Sql {
  return {
    rows: async <Row extends QueryResultRow>(query: Query) => (await runner.query(query)).rows as Row[],
    maybe: async <Row extends QueryResultRow>(query: Query) =>
      ((await runner.query(query)).rows[0] as Row | undefined) ?? null,
    one: async <Row extends QueryResultRow>(query: Query) => {
      const row = (await runner.query(query)).rows[0] as Row | undefined;
      if (row === undefined) throw new Error(`no row from ${query.name ?? query.text}`);
      return row;
    },
    run: async (query) => (await runner.query(query)).rowCount ?? 0,
  };
}
