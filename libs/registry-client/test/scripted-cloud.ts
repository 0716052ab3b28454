import { Readable } from 'node:stream';
import { OutboundClient, OutboundResponse, type OutboundRequest } from '@haven/outbound';
import type { RemoteOptions } from '../src/index.js';

/** A request as a cloud sees it. */
export interface Asked {
  method: string;
  /** Such as `https://ghcr.io/v2/`. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Told {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
}

/** What a cloud answers, by `METHOD host/path`; a request that is not foreseen fails the test. */
export type Script = Readonly<Record<string, (asked: Asked) => Told>>;

/** A cloud that cannot be reached from a test, as its documentation has it: in place of the network. */
export class ScriptedCloud extends OutboundClient {
  readonly asked: Asked[] = [];

  constructor(private readonly script: Script) {
    super({ reach: 'public' });
  }

  /** `METHOD host/path` of every request so far, which are forgotten then. */
  take(): string[] {
    return this.asked.splice(0).map(({ method, url }) => `${method} ${url.host}${url.pathname}`);
  }

  override request(target: string | URL, request: OutboundRequest = {}): Promise<OutboundResponse> {
    const url = new URL(target);
    const { method = 'GET', headers = {} } = request;
    const body = typeof request.body === 'string' ? request.body : '';
    const asked = { method, url, headers, body };
    this.asked.push(asked);
    const key = `${method} ${url.host}${url.pathname}`;
    const answer = this.script[key];
    if (answer === undefined) throw new Error(`nobody foresaw ${key}`);
    const { status: statusCode = 200, headers: told = {}, json } = answer(asked);
    const bytes = json === undefined ? [] : [Buffer.from(JSON.stringify(json))];
    const stream = Object.assign(Readable.from(bytes), { dump: () => Promise.resolve() });
    const raw = { statusCode, headers: told, body: stream };
    type Raw = ConstructorParameters<typeof OutboundResponse>[1];
    return Promise.resolve(new OutboundResponse(url, raw as unknown as Raw, new AbortController().signal));
  }
}

/** The first answer to whoever shows nothing. */
export const challenge = (value: string): Told => ({
  status: 401,
  headers: { 'www-authenticate': value },
  json: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
});

export const basic = (name: string, secret: string): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;

/** A `/v2/…` behind tokens: who shows none is sent to `realm`. */
export const behindTokens =
  (realm: string, service: string, answer: (asked: Asked) => Told = () => ({ json: {} })) =>
  (asked: Asked): Told =>
    asked.headers['authorization']?.startsWith('Bearer ') === true
      ? answer(asked)
      : challenge(`Bearer realm="${realm}",service="${service}",scope="any"`);

/** Gives tokens to an account, and tells what each is for. */
export const tokensFor =
  (authorization: string) =>
  ({ url, headers }: Asked): Told =>
    headers['authorization'] === authorization
      ? { json: { token: `token-${url.searchParams.getAll('scope').join('+')}`, expires_in: 300 } }
      : challenge('Basic realm="tokens"');

/** No test waits for a second try. */
export const impatient: RemoteOptions = { retry: { attempts: 1 } };

export async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}
