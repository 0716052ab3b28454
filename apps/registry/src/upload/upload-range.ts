import type { IncomingHttpHeaders } from 'node:http';
import { Errors } from '@haven/errors';
import { parseContentRange } from '@haven/oci';

/** What is there of an upload, as `Range` has it: `0-0` while nothing is. */
export const acknowledgedRange = (offsetBytes: number): string => `0-${Math.max(offsetBytes - 1, 0)}`;

/** What a chunk's headers say of it. */
export interface ChunkHead {
  /** Where it belongs; null when the client leaves that to the registry. */
  startBytes: number | null;
  /** Its length; null when it is not known before its end. */
  lengthBytes: number | null;
}

/**
 * Reads where a chunk goes and how long it is (distribution-spec "Pushing a blob in chunks").
 * @throws AppError RANGE_INVALID, or SIZE_INVALID when `Content-Range` and `Content-Length` contradict each other
 */
export function readChunkHead(headers: IncomingHttpHeaders): ChunkHead {
  const length = headers['content-length'];
  const lengthBytes = length === undefined ? null : Number(length);
  const contentRange = headers['content-range'];
  if (contentRange === undefined) return { startBytes: null, lengthBytes };
  const range = parseContentRange(contentRange);
  if (range === null) throw Errors.rangeInvalid('Content-Range is not of the form <start>-<end>');
  const rangeBytes = range.end - range.start + 1;
  if (lengthBytes !== null && lengthBytes !== rangeBytes) {
    throw Errors.sizeInvalid(`Content-Range says ${rangeBytes} bytes and Content-Length ${lengthBytes}`);
  }
  return { startBytes: range.start, lengthBytes: rangeBytes };
}
