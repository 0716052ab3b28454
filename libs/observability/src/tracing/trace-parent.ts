import type { SpanContext } from '@opentelemetry/api';

const shape = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
const sampled = 1;

/** Reads the W3C's `traceparent`; null for what is none. */
export function parseTraceparent(header: string | readonly string[] | undefined): SpanContext | null {
  const match = typeof header === 'string' ? shape.exec(header) : null;
  if (match === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = match;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & sampled, isRemote: true };
}

export const formatTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & sampled}`;

/** nginx's request ids are 32 hexadecimal digits, and a UUID is when its dashes are left out: as long as a trace's. */
export function traceIdOf(requestId: string): string | null {
  const digits = requestId.replaceAll('-', '');
  return /^(?!0{32})[0-9a-f]{32}$/.test(digits) ? digits : null;
}
