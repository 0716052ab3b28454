import type { Readable } from 'node:stream';
import { OutboundError } from './outbound.error.js';

/** One request on its way: where to, and with what. */
export interface Hop {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | Readable | null;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const turnsIntoGet = (status: number, method: string): boolean =>
  status === 303 ? method !== 'GET' && method !== 'HEAD' : (status === 301 || status === 302) && method === 'POST';

/** All that another origin is told: whatever else a header says, it was meant for the first one. */
const harmless = /^(accept(-.*)?|content-(type|length|encoding)|if-.*|range|user-agent)$/i;
const ofBody = /^(content-.*|transfer-encoding)$/i;

const keep = (headers: Hop['headers'], fits: (name: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => fits(name)));

/** @throws OutboundError when it is no URL that may be called: another scheme, or with a password in it */
export function toUrl(location: string | URL, base?: URL): URL {
  const url = URL.parse(String(location), base?.href);
  if (url === null) throw new OutboundError('redirect', base?.origin ?? 'the address');
  const isPlain = (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '';
  if (!isPlain) throw new OutboundError('forbidden', `${url.protocol}//${url.host}`);
  return url;
}

/**
 * Where an answer sends a request (RFC 9110, section 15.4).
 * @returns null when the answer is no redirect
 * @throws OutboundError redirect: away from TLS; with a body to another origin; with a stream, which is spent
 */
export function redirected(hop: Hop, status: number, location: string | undefined): Hop | null {
  if (!redirects.has(status) || location === undefined) return null;
  const url = toUrl(location, hop.url);
  const isSameOrigin = url.origin === hop.url.origin;
  const becomesGet = turnsIntoGet(status, hop.method);
  const body = becomesGet ? null : hop.body;
  const isDowngrade = hop.url.protocol === 'https:' && url.protocol === 'http:';
  const isSpent = body !== null && typeof body !== 'string' && !(body instanceof Uint8Array);
  if (isDowngrade || isSpent || (body !== null && !isSameOrigin)) throw new OutboundError('redirect', hop.url.origin);
  const headers = isSameOrigin ? hop.headers : keep(hop.headers, (name) => harmless.test(name));
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    headers: body === null ? keep(headers, (name) => !ofBody.test(name)) : headers,
    body,
  };
}
