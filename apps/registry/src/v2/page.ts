import { Errors } from '@haven/errors';

/** A part of a list in byte order (distribution-spec "Listing Tags"). */
export interface PageRequest {
  /** Most items; 0 asks for none. */
  size: number;
  /** Only what comes after this. */
  last: string;
}

/**
 * Reads `n` and `last`. Without `n`, and beyond what one answer holds, a page has `mostItems`.
 * @throws AppError PAGINATION_NUMBER_INVALID
 */
export function readPage(query: URLSearchParams, mostItems: number): PageRequest {
  const n = query.get('n') ?? '';
  if (!/^\d*$/.test(n)) throw Errors.paginationNumberInvalid(undefined, { detail: { n } });
  const last = query.get('last') ?? '';
  // No name holds one, and the database takes none.
  if (last.includes('\0')) throw Errors.badRequest('last holds a NUL character');
  return { size: n === '' ? mostItems : Math.min(Number(n), mostItems), last };
}

/**
 * Cuts what was read, one more than the page holds, to the page.
 * @returns the page, and the name after which the next one starts, if there is one
 */
export function cutPage<T>(items: readonly T[], size: number): { items: readonly T[]; lastOfMore: T | undefined } {
  const page = items.slice(0, size);
  return { items: page, lastOfMore: items.length > size ? page.at(-1) : undefined };
}

/** The `Link` header to the next page (RFC 5988), relative to the host. `query` gives what else the next request must repeat. */
export function nextLink(path: string, query: Readonly<Record<string, string | number>>): string {
  return `<${path}?${Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}>; rel="next"`;
}
