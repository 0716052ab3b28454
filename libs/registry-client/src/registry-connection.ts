import type { OutboundClient, OutboundResponse } from '@haven/outbound';
import { Authorizer, type CredentialSource, type RegistryCredential } from './authorizer.js';
import { RegistryError } from './registry.error.js';
import { isStream, Transport, type TransportOptions, type TransportRequest } from './transport.js';

export interface RegistryConnectionOptions extends TransportOptions {
  /** Scheme, host and perhaps a path that `/v2/` stands below; a function where it has to be found out first. */
  url: string | ((signal?: AbortSignal) => Promise<string>);
  credentials?: RegistryCredential | CredentialSource | null;
}

export const pullScope = (repository: string): string => `repository:${repository}:pull`;
export const pushScope = (repository: string): string => `repository:${repository}:pull,push`;
export const deleteScope = (repository: string): string => `repository:${repository}:delete`;

/** Requests to a registry's host, each shown what the registry wants to be shown. */
export class RegistryConnection {
  readonly transport: Transport;
  private readonly authorizer: Authorizer;
  private isAcquainted = false;

  constructor(
    outbound: OutboundClient,
    private readonly options: RegistryConnectionOptions,
  ) {
    this.transport = new Transport(outbound, options);
    const { credentials = null } = options;
    const source = typeof credentials === 'function' ? credentials : () => Promise.resolve(credentials);
    this.authorizer = new Authorizer(this.transport, source);
  }

  /**
   * @param path with its query; a URL where the registry itself has named one
   * @param scope such as `repository:library/app:pull,push`; several with spaces between; empty for none
   * @returns the answer, whatever its status, once no further try could help
   * @throws RegistryError when there is none
   */
  async send(path: string | URL, scope: string, request: TransportRequest = {}): Promise<OutboundResponse> {
    const { signal } = request;
    const base = await this.base(signal);
    const url = path instanceof URL ? path : new URL(`${base.pathname.replace(/\/+$/, '')}${path}`, base);
    // What the registry is shown is meant for its own host only.
    if (url.origin !== base.origin) return this.transport.send(url, request);
    const isSpentAtOnce = isStream(request.body);
    // Who does not know yet what to show has to ask with something that can be sent twice.
    if (isSpentAtOnce && !this.isAcquainted) await this.ping(signal);
    const sent = await this.authorizer.authorize(scope, signal);
    const response = await this.transport.send(url, shown(request, sent.value));
    this.isAcquainted = true;
    if (response.status !== 401) return response;
    const isWorthwhile = this.authorizer.refused(response.header('www-authenticate'), scope, sent, base);
    if (!isWorthwhile || isSpentAtOnce) return response;
    response.drop();
    const { value } = await this.authorizer.authorize(scope, signal);
    return this.transport.send(url, shown(request, value));
  }

  /** As {@link send}, for an answer of one of these statuses. @throws RegistryError for any other */
  async expect(
    statuses: readonly number[],
    path: string | URL,
    scope: string,
    request: TransportRequest = {},
  ): Promise<OutboundResponse> {
    const response = await this.send(path, scope, request);
    if (statuses.includes(response.status)) return response;
    throw await this.transport.refusal(response);
  }

  /** Whether it is a registry, and takes the credentials. @throws RegistryError */
  async ping(signal?: AbortSignal): Promise<void> {
    const response = await this.expect([200], '/v2/', '', {
      ...(signal === undefined ? {} : { signal }),
      totalMs: pingMs,
    });
    response.drop();
  }

  private async base(signal?: AbortSignal): Promise<URL> {
    const { url } = this.options;
    const base = URL.parse(typeof url === 'string' ? url : await url(signal));
    if (base === null) throw new RegistryError('malformed', 'the registry has no sound address');
    return base;
  }
}

const pingMs = 15_000;

const shown = (request: TransportRequest, authorization: string | null): TransportRequest =>
  authorization === null ? request : { ...request, headers: { ...request.headers, authorization } };
