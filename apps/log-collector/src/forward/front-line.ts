import { isDigest, isRepositoryName, parseV2Path } from '@haven/oci';
import { z } from 'zod';

/** What the front door writes of a request, as far as it counts. */
const line = z.object({
  time: z.iso.datetime({ offset: true }),
  requestId: z.string(),
  method: z.string(),
  url: z.string(),
  status: z.number(),
  bodyBytesOut: z.number(),
  /** `OK`, or empty when the client was gone before the end. */
  completed: z.string(),
  seconds: z.number(),
});

/** A push or a pull as nginx saw its end. */
export interface FrontRequest {
  repository: string;
  /** RFC 3339. */
  at: string;
  bytesOut: number;
  pushFailures: number;
  pullFailures: number;
  /** A pull of a blob that took long, was large, or broke off: somebody may be watching it. */
  ended: { id: string; bytes: number } | null;
}

const mark = '"url":"/v2/';
const watchedBytes = 4 * 1024 * 1024;
const watchedSeconds = 1;

/** What clients are told while all goes well: who are you, and, that is not here. */
const usual = [401, 404];

/** Null for a line that is about neither a push nor a pull of anything. */
export function readFrontLine(message: string): FrontRequest | null {
  if (!message.includes(mark)) return null;
  const parsed = line.safeParse(readJson(message));
  if (!parsed.success) return null;
  const { url, method, status, bodyBytesOut, completed, seconds, requestId, time: at } = parsed.data;
  const path = parseV2Path(url.slice('/v2/'.length).replace(/\?.*$/s, ''));
  // Whoever asks may write anything into a path.
  if (path === null || !('name' in path) || !isRepositoryName(path.name)) return null;
  const isPull = method === 'GET' && (path.kind === 'blob' || path.kind === 'manifest');
  const isPush = ['POST', 'PATCH', 'PUT'].includes(method);
  if (!isPull && !isPush) return null;
  const isServed = status < 300;
  const isFailure = isServed ? completed !== 'OK' : status >= 400 && !usual.includes(status);
  const isWatched = bodyBytesOut >= watchedBytes || seconds >= watchedSeconds || completed !== 'OK';
  return {
    repository: path.name,
    at,
    bytesOut: isPull && isServed ? bodyBytesOut : 0,
    pushFailures: Number(isPush && isFailure),
    pullFailures: Number(isPull && isFailure),
    ended:
      isWatched && isPull && path.kind === 'blob' && isDigest(path.digest)
        ? { id: `${requestId} ${path.digest}`, bytes: bodyBytesOut }
        : null,
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
