import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';

export type RequestBody = string | Uint8Array | Readable | AsyncIterable<Uint8Array>;

export interface RequestOptions {
  headers?: Readonly<Record<string, string>>;
  body?: RequestBody;
  signal?: AbortSignal;
}

// Sockets are kept only briefly, so that a test process can end.
const agent = new Agent({ keepAliveTimeout: 1_000, headersTimeout: 60_000, bodyTimeout: 60_000 });

/** An answer, read whole. */
export class Answer {
  constructor(
    readonly request: string,
    readonly status: number,
    private readonly fields: Readonly<Record<string, string | string[] | undefined>>,
    readonly bytes: Buffer,
  ) {}

  /** A header's value; several fields of one name are joined by a comma. Undefined when it is absent. */
  header(name: string): string | undefined {
    const value = this.fields[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The `name=value` parts of the cookies that are set. */
  get cookies(): readonly string[] {
    const value = this.fields['set-cookie'] ?? [];
    return (Array.isArray(value) ? value : [value]).map((cookie) => cookie.split(';')[0] ?? '');
  }

  get text(): string {
    return this.bytes.toString();
  }

  json(): unknown {
    try {
      return JSON.parse(this.text);
    } catch (error) {
      throw new Error(`not JSON: ${this.summary}`, { cause: error });
    }
  }

  /** Codes of an `{"errors":[…]}` body, empty for any other body. */
  get errorCodes(): readonly string[] {
    try {
      const { errors } = JSON.parse(this.text) as { errors?: { code: string }[] };
      return (errors ?? []).map(({ code }) => code);
    } catch {
      return [];
    }
  }

  /** Request, status and the beginning of the body, for messages. */
  get summary(): string {
    return `${this.request} → ${this.status} ${this.text.slice(0, 300).replace(/[^\x20-\x7e]+/g, '·')}`;
  }

  /** This answer, if its status is one of those given. Throws otherwise. */
  expect(...statuses: readonly number[]): this {
    if (statuses.includes(this.status)) return this;
    throw new Error(`expected ${statuses.join(' or ')}: ${this.summary}`);
  }
}

/** One HTTP request, sent as it is: no redirect followed, no credential added. */
export async function send(method: string, url: string | URL, options: RequestOptions = {}): Promise<Answer> {
  const { headers, body, signal } = options;
  const answer = await request(url, {
    method,
    dispatcher: agent,
    ...(headers && { headers: { ...headers } }),
    ...(body !== undefined && { body: body as string | Uint8Array | Readable }),
    ...(signal && { signal }),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return new Answer(`${method} ${new URL(url).pathname}`, answer.statusCode, answer.headers, bytes);
}

/** The value of an `Authorization` header for a user and a password. */
export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
