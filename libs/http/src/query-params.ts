import { Errors } from '@haven/errors';

/** What Fastify makes of the query string: a repeated parameter becomes a list. */
export type RawQuery = Readonly<Record<string, unknown>>;

/** A parameter's text, or undefined when it is absent or empty. Of a repeated one the last counts, as in Harbor. */
export function textParam(query: unknown, name: string): string | undefined {
  const raw = (query as RawQuery | null)?.[name];
  const last: unknown = Array.isArray(raw) ? raw.at(-1) : raw;
  return typeof last === 'string' && last !== '' ? last : undefined;
}

/** A whole number. @throws UNPROCESSABLE_ENTITY for anything else, or one beyond 2^53. */
export function parseInteger(text: string, name: string, place: 'path' | 'query'): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw Errors.unprocessable(`${name} in ${place} must be a whole number`);
}

/** A parameter that is a whole number, or undefined. @throws UNPROCESSABLE_ENTITY */
export function integerParam(query: unknown, name: string): number | undefined {
  const text = textParam(query, name);
  return text === undefined ? undefined : parseInteger(text, name, 'query');
}

const truths = new Set(['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled']);

/** The words that Harbor takes for true, in parameters and headers; every other word is false. */
export const isTruth = (text: string): boolean => truths.has(text.toLowerCase());

/** A parameter that is a boolean, or undefined. */
export function booleanParam(query: unknown, name: string): boolean | undefined {
  const text = textParam(query, name);
  return text === undefined ? undefined : isTruth(text);
}
