/** A value that is sent even when it is zero. Made by {@link keep}. */
class Kept {
  constructor(readonly value: unknown) {}
}

/**
 * Keeps a field of {@link compact} although it is zero: fields that Harbor's API description marks as always sent, and
 * pointers, where zero and absent differ. Null and undefined are still left out.
 */
export const keep = (value: unknown): Kept => new Kept(value);

/** Harbor's form of a time: RFC 3339 in UTC with milliseconds. No time is the zero time, which is always sent. */
export const dateTime = (time: Date | null | undefined): string => time?.toISOString() ?? '0001-01-01T00:00:00.000Z';

const isEmptyObject = (value: object): boolean =>
  Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0;

function present(value: unknown): unknown {
  if (value instanceof Kept) return value.value ?? undefined;
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  if (value instanceof Date) return dateTime(value);
  if (value === false || value === 0 || value === '') return undefined;
  return typeof value === 'object' && value !== null && isEmptyObject(value) ? undefined : value;
}

/**
 * Harbor's rule for zero values in objects: false, 0, `''`, `{}` and undefined are left out unless wrapped in
 * {@link keep}; a nested list is always there, and null when it is empty; null stays null.
 */
export function compact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const presented: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const shown = present(value);
    if (shown !== undefined) presented[name] = shown;
  }
  return presented;
}
