import { LRUCache } from 'lru-cache';
import { orderSql, type ListSql, type PageOf } from '@haven/http';
import { SharedQuery, sql, type Sql } from '@haven/models';
import { skipParts, totalOf, type KeptPart, type KeptParts, type PartBound } from './kept-part.js';
import { mergeRanges, type Range } from './page-range.js';

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
  /** Where the list as a whole need not be counted, because its parts are. */
  kept?: KeptParts;
  /** Values that only `columns` refers to; they come last. */
  columnValues?: readonly unknown[];
}

type Place = Pick<ListSql, 'order' | 'offset' | 'limit'>;

/** Pages up to here are read without knowing first how long the list is. */
const nearRows = 1_000;
/** So are those up to this share of what the list had when it was last looked at. */
const nearShare = 2 / 3;
/** Lists that are looked at just now. One that is forgotten too early is only read once more. */
const sharedLists = new WeakMap<Sql, LRUCache<string, SharedQuery<Range, PageOf<object>>>>();
const mostLists = 1_000;
/** A second pass over a long list would only slow the first one down. */
const passesAtOnce = 1;

/**
 * Reads one page, and how long the whole list is: two statements, whatever the page, and the same two for all who look at
 * any page of one list at the same time. The rows are everyone's: they are only to be read.
 */
export async function selectPage<Row extends object>(db: Sql, source: PageSource, list: ListSql): Promise<PageOf<Row>> {
  const { offset, limit } = list;
  if (limit === null) return readOne(new ListReader(db, source, list, 0), list);
  const page = await sharedListOf(db, source, list).find(`${offset}:${limit}`, { offset, limit });
  return page as PageOf<Row>;
}

function sharedListOf(db: Sql, source: PageSource, list: ListSql): SharedQuery<Range, PageOf<object>> {
  const known = sharedLists.get(db) ?? new LRUCache({ max: mostLists });
  sharedLists.set(db, known);
  const key = JSON.stringify([source, list.where, list.values, list.order]);
  let lastTotal = 0;
  const read = async (asks: readonly Range[]): Promise<PageOf<object>[]> => {
    const pages = await readPages(new ListReader(db, source, list, lastTotal), list, asks);
    lastTotal = pages[0]?.total ?? 0;
    return pages;
  };
  const shared = known.get(key) ?? new SharedQuery(read, passesAtOnce);
  known.set(key, shared);
  return shared;
}

function readPages<Row extends object>(
  reader: ListReader<Row>,
  list: ListSql,
  asks: readonly Range[],
): Promise<PageOf<Row>[]> {
  const [only] = asks;
  return only !== undefined && asks.length === 1
    ? readOne(reader, { ...list, ...only }).then((page) => [page])
    : readSeveral(reader, list, asks);
}

/** Ids come first, from an index where one has that order: what lies before the page is neither fetched nor computed. */
async function readOne<Row extends object>(reader: ListReader<Row>, page: Place): Promise<PageOf<Row>> {
  const location = await reader.locate(page);
  const [total, items] = await Promise.all([location.counting, reader.rows(reader.ids(location), location)]);
  return { items, total };
}

/** One pass over the list, from the first of the pages to the last. */
async function readSeveral<Row extends object>(
  reader: ListReader<Row>,
  { order }: ListSql,
  asks: readonly Range[],
): Promise<PageOf<Row>[]> {
  const { ranges, startOf } = mergeRanges(asks);
  const offset = Math.min(...asks.map((ask) => ask.offset));
  const limit = Math.max(...asks.map((ask) => ask.offset + ask.limit)) - offset;
  const location = await reader.locate({ order, offset, limit });
  const { order: passed, limit: length } = location.place;
  const isWanted = ranges.map((range) => {
    const [first, end] = [range.offset - offset, range.offset - offset + range.limit];
    const behind = length ?? 0;
    return passed === order ? `n > ${first} AND n <= ${end}` : `n > ${behind - end} AND n <= ${behind - first}`;
  });
  // Passing over rows is cheaper than numbering them.
  const ids = `SELECT id FROM (SELECT id, row_number() OVER () AS n FROM (${reader.ids(location)}) AS passed) AS numbered
                WHERE ${isWanted.join(' OR ')}`;
  const [total, rows] = await Promise.all([location.counting, reader.rows(ids, location)]);
  return asks.map((ask) => ({ items: rows.slice(startOf(ask), startOf(ask) + ask.limit), total }));
}

/** Where rows are read: in which order, after how many, and which ones lie before and need not be looked at. */
interface Location {
  counting: Promise<number>;
  place: Place;
  bound?: PartBound;
}

/** The statements of one list. */
class ListReader<Row extends object> {
  private readonly from: string;
  private readonly values: readonly unknown[];

  constructor(
    private readonly db: Sql,
    private readonly source: PageSource,
    private readonly list: ListSql,
    private readonly lastTotal: number,
  ) {
    const { table, where, columnValues = [] } = source;
    this.from = `FROM ${table} WHERE ${where} AND ${list.where}`;
    this.values = [...source.values, ...list.values, ...columnValues];
  }

  async locate(page: Place): Promise<Location> {
    const { kept } = this.source;
    if (kept !== undefined && this.list.where === 'TRUE') return this.locateByParts(page, kept);
    const counting = this.count();
    // It may cost less to pass over rows than to wait for the count and look from which end they are fewer.
    const isNear = page.offset + (page.limit ?? 0) <= Math.max(nearRows, this.lastTotal * nearShare);
    return { counting, place: isNear ? page : fromNearerEnd(page, await counting) };
  }

  private async locateByParts(page: Place, { column, parts: text }: KeptParts): Promise<Location> {
    const parts = await this.db.rows<KeptPart & Record<string, unknown>>(sql(text, ...this.source.values));
    const total = totalOf(parts);
    const counting = Promise.resolve(total);
    const place = fromNearerEnd(page, total);
    const [first] = place.order;
    if (first?.expression !== column) return { counting, place };
    const { offset, bound } = skipParts(parts, first.descending, place.offset);
    return { counting, place: { ...place, offset }, ...(bound === undefined ? {} : { bound }) };
  }

  private async count(): Promise<number> {
    const { values } = this.source;
    const text = `SELECT count(*) AS total ${this.from}`;
    return (await this.db.one<{ total: number }>(sql(text, ...values, ...this.list.values))).total;
  }

  /** Ids of the rows there; a statement's part. */
  ids({ place, bound }: Location): string {
    const { idColumn, kept } = this.source;
    const left = bound === undefined ? '' : ` AND ${kept?.column} ${bound.comparison} $${this.values.length + 1}`;
    const { order, limit, offset } = place;
    return `SELECT ${idColumn} AS id ${this.from}${left} ORDER BY ${orderSql(order)} LIMIT ${limit ?? 'ALL'} OFFSET ${offset}`;
  }

  /** Rows with these ids, in the list's order. */
  rows(ids: string, { bound }: Location): Promise<Row[]> {
    const { table, idColumn, columns } = this.source;
    const text = `SELECT ${columns} FROM ${table} WHERE ${idColumn} = ANY (ARRAY(${ids})) ORDER BY ${orderSql(this.list.order)}`;
    const values = bound === undefined ? this.values : [...this.values, bound.start];
    return this.db.rows<Row & Record<string, unknown>>(sql(text, ...values));
  }
}

/** The same page, read backwards where that passes over fewer rows. */
export function fromNearerEnd({ order, offset, limit: asked }: Place, total: number): Place {
  const limit = Math.max(Math.min(asked ?? total, total - offset), 0);
  const behind = total - offset - limit;
  if (offset <= behind || limit === 0) return { order, offset, limit };
  const turned = order.map(({ expression, descending }) => ({ expression, descending: !descending }));
  return { order: turned, offset: behind, limit };
}
