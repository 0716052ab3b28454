import { Errors } from '@haven/errors';
import { parseSort, type Filter, type ListQuery, type Page, type SortKey } from './list-query.js';

/** A column that a list may be filtered and sorted by. `column` is SQL of ours, never of the caller. */
export interface ListField {
  column: string;
  type: 'string' | 'int' | 'time' | 'bool';
}

/**
 * What a kind of list can be asked. Keys are the names in `q` and `sort`, where `project_id` is also found as
 * `ProjectID`; a key that is not here is ignored.
 */
export interface ListShape {
  fields: Readonly<Record<string, ListField>>;
  /** In the language of `sort`, used when the caller gives no key that exists: `'-creation_time'`. */
  defaultSort: string;
  /** A unique column; it ends every order, so that pages never overlap. */
  idColumn: string;
}

/** One key of an order. `expression` is SQL of ours. */
export interface OrderKey {
  expression: string;
  descending: boolean;
}

/** What one statement is made of. `where` is never empty, and it alone refers to `values`, so that a count can share both. */
export interface ListSql {
  where: string;
  values: unknown[];
  /** Ends in a unique key. */
  order: readonly OrderKey[];
  /** How many rows come before the page. */
  offset: number;
  /** How many rows the page has at most; null for all. */
  limit: number | null;
}

const MAX_INT64 = 2n ** 63n - 1n;

function integerText(text: string): string | null {
  if (!/^[+-]?\d{1,19}$/.test(text)) return null;
  const value = BigInt(text.replace(/^\+/, ''));
  return value <= MAX_INT64 && value >= -MAX_INT64 - 1n ? value.toString() : null;
}

/** A date, or a date and time; without a zone it is UTC. Days that no calendar has are no times. */
function timeText(text: string): string | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(Z|[+-]\d\d:\d\d)?$/i.exec(text);
  if (match === null) return null;
  const [, day = '', time = '00:00', zone = 'Z'] = match;
  const moment = new Date(`${day}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(moment.getTime()) || !new Date(day).toISOString().startsWith(day)) return null;
  const iso = moment.toISOString();
  // PostgreSQL has no year 0, and the zone may have moved the moment out of four digits.
  return /^(?!0000)\d{4}-/.test(iso) ? iso : null;
}

function booleanText(text: string): string | null {
  if (/^(true|t|1)$/i.test(text)) return 'true';
  return /^(false|f|0)$/i.test(text) ? 'false' : null;
}

/** Per column type: its SQL type, and a value as text that PostgreSQL casts to it without fail, or null. */
const columnTypes = {
  string: { sql: 'text', text: (text: string): string | null => text },
  int: { sql: 'bigint', text: integerText },
  time: { sql: 'timestamptz', text: timeText },
  bool: { sql: 'boolean', text: booleanText },
} as const;

function castable(key: string, field: ListField, value: string): string {
  const text = columnTypes[field.type].text(value);
  if (text === null) {
    throw Errors.badRequest(`invalid query string value: ${key} does not take ${JSON.stringify(value)}`);
  }
  return text;
}

/** Escapes what LIKE would read as a pattern. */
const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

type Bind = (value: unknown) => string;

/** One condition, or null for an empty list, which asks nothing. */
function filterSql(key: string, field: ListField, filter: Filter, bind: Bind): string | null {
  const { column } = field;
  const type = columnTypes[field.type].sql;
  const compare = (operator: '=' | '>=' | '<=', value: string): string =>
    `${column} ${operator} ${bind(castable(key, field, value))}::${type}`;
  switch (filter.kind) {
    case 'exact':
      return compare('=', filter.value);
    case 'fuzzy':
      return `${field.type === 'string' ? column : `${column}::text`} ILIKE ${bind(`%${escapeLike(filter.value)}%`)}`;
    case 'range': {
      const min = filter.min === null ? [] : [compare('>=', filter.min)];
      const max = filter.max === null ? [] : [compare('<=', filter.max)];
      return [...min, ...max].join(' AND ');
    }
    case 'any': {
      const values = filter.values.map((value) => castable(key, field, value));
      return values.length === 0 ? null : `${column} = ANY(${bind(values)}::${type}[])`;
    }
    case 'all':
      return filter.values.length === 0 ? null : filter.values.map((value) => compare('=', value)).join(' AND ');
  }
}

/** `ProjectID` → `project_id`: clients name columns the way Harbor's models do as well. */
const columnNameOf = (modelName: string): string =>
  modelName.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase();

function fieldOf(shape: ListShape, key: string): ListField | undefined {
  const name = [key, columnNameOf(key)].find((candidate) => Object.hasOwn(shape.fields, candidate));
  return name === undefined ? undefined : shape.fields[name];
}

/** The unique key goes the way of the key before it, so that an index has the order, from one end or the other. */
function orderOf(sort: readonly SortKey[], shape: ListShape): OrderKey[] {
  const known = (keys: readonly SortKey[]): OrderKey[] =>
    keys.flatMap(({ key, descending }) => {
      const column = fieldOf(shape, key)?.column;
      return column === undefined ? [] : [{ expression: column, descending }];
    });
  const asked = known(sort);
  const order = asked.length > 0 ? asked : known(parseSort(shape.defaultSort));
  if (order.some(({ expression }) => expression === shape.idColumn)) return order;
  return [...order, { expression: shape.idColumn, descending: order.at(-1)?.descending ?? false }];
}

const limitsOf = ({ number, size }: Page): Pick<ListSql, 'offset' | 'limit'> =>
  size === 0 ? { offset: 0, limit: null } : { offset: (number - 1) * size, limit: size };

/** `ORDER BY`'s list. */
export const orderSql = (order: readonly OrderKey[]): string =>
  order.map(({ expression, descending }) => `${expression} ${descending ? 'DESC' : 'ASC'}`).join(', ');

/**
 * Turns a list query into SQL. Everything a caller wrote becomes a parameter or chooses among columns of the shape.
 * @param firstParameter number of the first `$n` that is still free
 * @throws BAD_REQUEST for a value that its column cannot have
 */
export function buildListSql(query: ListQuery, shape: ListShape, firstParameter = 1): ListSql {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${firstParameter + values.push(value) - 1}`;
  const conditions: string[] = [];
  for (const [key, filter] of query.filters) {
    const field = fieldOf(shape, key);
    const condition = field === undefined ? null : filterSql(key, field, filter, bind);
    if (condition !== null) conditions.push(condition);
  }
  return {
    where: conditions.length === 0 ? 'TRUE' : conditions.join(' AND '),
    values,
    order: orderOf(query.sort, shape),
    ...limitsOf(query.page),
  };
}
