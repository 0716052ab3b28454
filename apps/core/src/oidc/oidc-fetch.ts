import type { OutboundClient } from '@haven/outbound';

const timeoutMs = 10_000;
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/** What the libraries of OpenID Connect ask of `fetch`. */
interface FetchOptions {
  method: string;
  headers?: Readonly<Record<string, string>> | Headers;
  body?: unknown;
  signal?: AbortSignal;
}

/** A `fetch` whose requests leave as all others do. */
export const fetchThrough =
  (outbound: OutboundClient, verifyCertificate: boolean) =>
  async (url: string, { method, headers = {}, body, signal }: FetchOptions): Promise<Response> => {
    const response = await outbound.request(url, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      // Forms, as far as these libraries send anything.
      ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
      ...(signal === undefined ? {} : { signal }),
      totalMs: timeoutMs,
      maxRedirects: 0,
      verifyCertificate,
    });
    const { status } = response;
    const bytes = await response.bytes();
    const answered = Object.entries(response.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    return new Response(bodiless.has(status) ? null : Uint8Array.from(bytes), { status, headers: answered });
  };
