/** Where a list goes on (RFC 8288), on the same host as it came from; null at its end. */
export function nextLink(header: string | undefined, url: URL): URL | null {
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;[^,]*)?)/g)) {
    if (!/;\s*rel="?next"?\s*(;|$)/i.test(parameters)) continue;
    const next = URL.parse(target, url.href);
    // A registry behind a front door may not know its own scheme and host: only path and query count.
    return next === null ? null : new URL(`${next.pathname}${next.search}`, url.origin);
  }
  return null;
}
