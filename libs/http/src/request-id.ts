import { randomUUID } from 'node:crypto';

/** The header that carries the id of a request, both ways. */
export const REQUEST_ID_HEADER = 'x-request-id';

const sane = /^[\x20-\x7e]{1,128}$/;

/** The caller's id for a request when it is printable and at most 128 characters long, else a new UUID. */
export const requestIdFrom = (header: string | readonly string[] | undefined): string =>
  typeof header === 'string' && sane.test(header) ? header : randomUUID();
