import { basic, send, type Answer, type RequestOptions } from './http.js';
import { parseBearerChallenge, type BearerChallenge } from './challenge.js';

export interface Credentials {
  username: string;
  password: string;
}

type Access = 'read' | 'write' | 'delete';

function accessOf(method: string): Access {
  if (method === 'GET' || method === 'HEAD') return 'read';
  return method === 'DELETE' ? 'delete' : 'write';
}

/** A small registry client that logs in as docker does: asks, is challenged, fetches a token, asks again. */
export class RegistryClient {
  private readonly tokens = new Map<string, string>();

  /** `url` is the root of the registry, without `/v2`. Without credentials the client is anonymous. */
  constructor(
    readonly url: string,
    readonly credentials?: Credentials,
  ) {}

  /**
   * Sends a request and answers one Bearer challenge. A body that can be read only once needs a token beforehand:
   * call `logIn` for the same repository first. `path` may be a path or a `Location`, relative or not.
   */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const url = new URL(path, this.url);
    const key = `${accessOf(method)} ${repositoryOf(url)} ${url.searchParams.get('from') ?? ''}`;
    const known = this.tokens.get(key);
    const first = await send(method, url, withToken(options, known));
    const challenge = first.status === 401 ? parseBearerChallenge(first.header('www-authenticate')) : undefined;
    if (challenge === undefined) return first;
    const token = await this.fetchToken(challenge);
    this.tokens.set(key, token);
    return send(method, url, withToken(options, token));
  }

  /** Fetches the token that later uploads to a repository use. */
  async logIn(repository: string): Promise<void> {
    const probe = await this.request('POST', `/v2/${repository}/blobs/uploads/`);
    probe.expect(202);
    const cancelled = await this.request('DELETE', locationOf(probe));
    cancelled.expect(204);
  }

  /** Asks the token service, with the client's credentials if it has any. Throws unless it is granted. */
  async fetchToken({ realm, service, scope }: BearerChallenge): Promise<string> {
    const url = new URL(realm);
    url.searchParams.set('service', service);
    for (const part of scope?.split(' ') ?? []) url.searchParams.append('scope', part);
    const { username, password } = this.credentials ?? {};
    const headers = username === undefined ? {} : { authorization: basic(username, password ?? '') };
    const answer = (await send('GET', url, { headers })).expect(200);
    const granted = answer.json() as { token?: string; access_token?: string };
    const found = [granted.token, granted.access_token].find((token) => token);
    if (found === undefined) throw new Error(`no token in the answer: ${answer.request}`);
    return found;
  }
}

/** The `Location` of an answer. Throws when there is none. */
export function locationOf(answer: Answer): string {
  const location = answer.header('location');
  if (location === undefined) throw new Error(`no Location: ${answer.summary}`);
  return location;
}

const repositoryOf = (url: URL): string =>
  /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname)?.[1] ?? '';

function withToken(options: RequestOptions, token: string | undefined): RequestOptions {
  if (token === undefined) return options;
  return { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } };
}
