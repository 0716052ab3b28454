import { Errors } from '@haven/errors';
import { integerParam, textParam } from './query-params.js';

/**
 * What `q` asks of one key. Values are text without their quotes: whether one is a time, a number or a word is
 * settled by the column that it meets.
 */
export type Filter =
  /** `k=v` */
  | { kind: 'exact'; value: string }
  /** `k=~v` */
  | { kind: 'fuzzy'; value: string }
  /** `k=[min~max]`, both ends included; a missing end is null, never both. */
  | { kind: 'range'; min: string | null; max: string | null }
  /** `k={a b}` */
  | { kind: 'any'; values: readonly string[] }
  /** `k=(a b)` */
  | { kind: 'all'; values: readonly string[] };

export interface SortKey {
  key: string;
  descending: boolean;
}

/** Which part of a list is asked for. A size of 0 means all of it. */
export interface Page {
  number: number;
  size: number;
}

/** What every list operation takes: `q`, `sort`, `page` and `page_size`. */
export interface ListQuery {
  filters: ReadonlyMap<string, Filter>;
  sort: readonly SortKey[];
  page: Page;
}

const DEFAULT_PAGE_SIZE = 10;
const MAX_PAGE_SIZE = 100;

const unquote = (value: string): string => value.trim().replace(/^["']+|["']+$/g, '');

/** Values of a list stand between spaces; quotes keep a space inside a value. */
const parseList = (inner: string): string[] =>
  (inner.match(/"[^"]*"|'[^']*'|[^ ]+/g) ?? []).map(unquote).filter((value) => value !== '');

const badTerm = (term: string, why: string): Error =>
  Errors.badRequest(`invalid query string value: ${JSON.stringify(term)}: ${why}`);

function parseRange(inner: string, term: string): Filter {
  const ends = inner.split('~').map(unquote);
  const [min = '', max = ''] = ends;
  if (ends.length !== 2 || (min === '' && max === '')) {
    throw badTerm(term, 'a range is [min~max] with one side at least');
  }
  return { kind: 'range', min: min === '' ? null : min, max: max === '' ? null : max };
}

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

function parsePattern(pattern: string, term: string): Filter {
  const first = pattern.charAt(0);
  if (first === '~') {
    if (pattern.length === 1) throw badTerm(term, 'nothing follows the ~');
    return { kind: 'fuzzy', value: pattern.slice(1) };
  }
  // A leading backslash takes the meaning from what follows it.
  if (first === '\\') return { kind: 'exact', value: pattern.slice(1) };
  const close = closing[first];
  if (close === undefined) return { kind: 'exact', value: unquote(pattern) };
  if (pattern.length < 2 || !pattern.endsWith(close)) throw badTerm(term, `a closing ${close} is missing`);
  const inner = pattern.slice(1, -1);
  if (first === '[') return parseRange(inner, term);
  return { kind: first === '{' ? 'any' : 'all', values: parseList(inner) };
}

/** Harbor unescapes `q` once more than the URL; text that cannot be unescaped again stays as it is. */
function unescapeAgain(q: string): string {
  try {
    return decodeURIComponent(q.replaceAll('+', ' '));
  } catch {
    return q;
  }
}

/**
 * Reads the `q` language: terms between commas, `k=v`, `k=~v`, `k=[min~max]`, `k={a b}`, `k=(a b)`.
 * Of a key given twice the last term counts.
 * @param q as it stands in the URL, unescaped once
 * @throws BAD_REQUEST
 */
export function parseFilters(q: string): Map<string, Filter> {
  const filters = new Map<string, Filter>();
  const unescaped = unescapeAgain(q);
  if (unescaped === '') return filters;
  if (unescaped.includes('\0')) throw Errors.badRequest('the query string holds a NUL character');
  for (const term of unescaped.split(',')) {
    const split = term.indexOf('=');
    const key = term.slice(0, Math.max(split, 0)).trim();
    const pattern = term.slice(split + 1);
    if (key === '' || pattern === '') {
      throw Errors.badRequest('the query string must contain "=" and the key/value cannot be empty');
    }
    filters.set(key, parsePattern(pattern, term));
  }
  return filters;
}

/** Reads `sort`: keys between commas, `-` before one for descending. */
export const parseSort = (sort: string): SortKey[] =>
  sort
    .split(',')
    .map((key) => key.trim())
    .map((key) => ({ key: key.replace(/^-/, ''), descending: key.startsWith('-') }))
    .filter(({ key }) => key !== '');

function parsePage(query: unknown): Page {
  // Harbor takes page 0 for the first one, and its own command line sends it.
  const number = Math.max(integerParam(query, 'page') ?? 1, 1);
  const size = integerParam(query, 'page_size') ?? DEFAULT_PAGE_SIZE;
  if (size > MAX_PAGE_SIZE) {
    throw Errors.unprocessable(`page_size in query should be less than or equal to ${MAX_PAGE_SIZE}`);
  }
  // The offset has to stay a number that both JavaScript and PostgreSQL hold exactly.
  if (!Number.isSafeInteger(number * MAX_PAGE_SIZE)) throw Errors.unprocessable('page in query is too large');
  return { number, size: Math.max(size, 0) };
}

/**
 * What a list operation was asked for.
 * @param query the parsed query string of the request
 * @throws BAD_REQUEST for `q`, UNPROCESSABLE_ENTITY for `page` and `page_size`
 */
export const parseListQuery = (query: unknown): ListQuery => ({
  filters: parseFilters(textParam(query, 'q') ?? ''),
  sort: parseSort(textParam(query, 'sort') ?? ''),
  page: parsePage(query),
});
