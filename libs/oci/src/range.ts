/** A run of bytes; both ends belong to it. */
export interface ByteRange {
  start: number;
  end: number;
}

const rangePattern = /^bytes=(\d{0,16})-(\d{0,16})$/i;

/**
 * Reads a request's `Range` against a body of `sizeBytes` (RFC 9110, section 14).
 * `null` means: ignore the header and send the whole body (absent, malformed, another unit, or several ranges).
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const match = header === undefined ? null : rangePattern.exec(header.trim());
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
