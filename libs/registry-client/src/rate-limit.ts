/** Larger figures are points in time rather than spans. */
const smallestEpochSeconds = 1_000_000_000;

type Header = (name: string) => string | undefined;

/** A span in seconds, a point in time in seconds, or a date. @returns null for anything else */
function untilMs(text: string, nowMs: number): number | null {
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : NaN;
  if (!Number.isNaN(seconds)) {
    return Math.max(0, seconds < smallestEpochSeconds ? seconds * 1_000 : seconds * 1_000 - nowMs);
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** How long an answer asks to wait (RFC 9110, section 10.2.3), in either form, or as Docker Hub says it. */
export function retryAfterMs(header: Header, nowMs: number): number {
  const given = header('retry-after') ?? header('x-retry-after') ?? '';
  return untilMs(given, nowMs) ?? 0;
}

/**
 * How long nothing more is to be asked, because this answer was the last one of the window: `RateLimit-Remaining` and
 * `RateLimit-Reset`, with or without `X-`. A window that does not say when it ends keeps nobody waiting.
 */
export function restMs(header: Header, nowMs: number): number {
  const remaining = header('ratelimit-remaining') ?? header('x-ratelimit-remaining');
  if (remaining === undefined || !/^\s*0+\s*(;|$)/.test(remaining)) return 0;
  return untilMs(header('ratelimit-reset') ?? header('x-ratelimit-reset') ?? '', nowMs) ?? 0;
}
