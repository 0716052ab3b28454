import type { ByteRange } from './range.js';

const contentRangePattern = /^(?:bytes )?(\d{1,16})-(\d{1,16})(?:\/(?:\d{1,16}|\*))?$/i;

/**
 * Reads the `Content-Range` of an upload chunk: `<start>-<end>` as distribution-spec "Pushing a blob in chunks" has it,
 * or `bytes <start>-<end>/<total>` as HTTP has it. `null` when it is neither.
 */
export function parseContentRange(header: string): ByteRange | null {
  const match = contentRangePattern.exec(header.trim());
  if (match === null) return null;
  const start = Number(match[1]);
  const end = Number(match[2]);
  return start <= end && Number.isSafeInteger(end) ? { start, end } : null;
}
