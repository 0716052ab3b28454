import type { OutboundResponse } from '@haven/outbound';
import type { z } from 'zod';
import { nextLink } from './link.js';
import { readJson } from './read-json.js';
import { RegistryError } from './registry.error.js';
import type { Transport } from './transport.js';

const mostPages = 10_000;

export interface JsonCall {
  method?: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Statuses that are no failure; 200 alone unless told otherwise. */
  statuses?: readonly number[];
  signal?: AbortSignal | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** The API that a registry has beside the OCI specification. */
export class JsonApi {
  constructor(
    private readonly transport: Transport,
    /** Scheme, host, and what every path begins with. */
    private readonly base: string | ((signal?: AbortSignal) => Promise<string>),
    /** What every request shows. */
    private readonly headers: Headers | ((signal?: AbortSignal) => Promise<Headers>),
  ) {}

  /** @returns an answer of a status that was asked for; to be read or dropped @throws RegistryError for any other */
  async call(
    path: string,
    { method = 'GET', body, statuses = [200], signal }: JsonCall = {},
  ): Promise<OutboundResponse> {
    const base = typeof this.base === 'string' ? this.base : await this.base(signal);
    return this.ask(new URL(`${base}${path}`), { method, body, statuses, signal });
  }

  /** @throws RegistryError */
  async read<T>(path: string, schema: z.ZodType<T>, call: JsonCall = {}): Promise<T> {
    return readJson(await this.call(path, call), schema);
  }

  /** @returns whether it was done; false when there was no such thing */
  async remove(path: string, signal?: AbortSignal): Promise<boolean> {
    const response = await this.call(path, { method: 'DELETE', statuses: [200, 202, 204, 404], signal });
    response.drop();
    return response.status !== 404;
  }

  /** Pages of a list, as `Link` leads from one to the next, or what `next` finds in a page. */
  async *pages<T>(
    path: string,
    schema: z.ZodType<T>,
    { signal, next }: { signal?: AbortSignal | undefined; next?: (page: T) => string | null | undefined } = {},
  ): AsyncGenerator<T> {
    let response = await this.call(path, { signal });
    for (let pages = 1; ; pages += 1) {
      const page = await readJson(response, schema);
      yield page;
      const { url } = response;
      const named = next?.(page) ?? null;
      const target =
        next === undefined ? nextLink(response.header('link'), url) : named === null ? null : new URL(named, url);
      if (target === null) return;
      if (target.origin !== url.origin || pages === mostPages) {
        throw new RegistryError('malformed', `${url.origin} tells a list that leads nowhere`);
      }
      response = await this.ask(target, { method: 'GET', statuses: [200], signal });
    }
  }

  private async ask(url: URL, { method = 'GET', body, statuses = [], signal }: JsonCall): Promise<OutboundResponse> {
    const own = typeof this.headers === 'function' ? await this.headers(signal) : this.headers;
    const response = await this.transport.send(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...own,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (statuses.includes(response.status)) return response;
    throw await this.transport.refusal(response);
  }
}
