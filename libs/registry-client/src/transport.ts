import type { OutboundClient, OutboundRequest, OutboundResponse } from '@haven/outbound';
import { restMs, retryAfterMs } from './rate-limit.js';
import { errorOf, RegistryError, toRegistryError } from './registry.error.js';
import { defaultRetry, systemClock, waitAfter, type Clock, type RetryPolicy } from './retry.js';

/** By this name Harbor and Haven know that nobody has pulled what is copied. */
const userAgent = 'harbor-registry-client';
const transientStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** How a server is reached, whatever it is asked. */
export interface TransportOptions {
  /** True takes any certificate. */
  insecure?: boolean;
  /** Authorities for this server, beside the others, in PEM. */
  ca?: string;
  retry?: Partial<RetryPolicy>;
  clock?: Clock;
}

export type TransportRequest = Omit<OutboundRequest, 'verifyCertificate' | 'ca'>;

/** Spent by the first try. */
export const isStream = (body: TransportRequest['body']): boolean =>
  body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array);

/**
 * Requests to one server: tried again where that can help, and never sooner than the server wants. A body that is a stream
 * is spent by the first try.
 */
export class Transport {
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  private quietUntil = 0;

  constructor(
    private readonly outbound: OutboundClient,
    private readonly options: TransportOptions = {},
  ) {
    this.retry = { ...defaultRetry, ...options.retry };
    this.clock = options.clock ?? systemClock;
  }

  /**
   * @returns the answer, whatever its status, once no further try could help
   * @throws RegistryError when there is none
   */
  async send(url: URL, request: TransportRequest): Promise<OutboundResponse> {
    const attempts = isStream(request.body) ? 1 : this.retry.attempts;
    for (let attempt = 1; ; attempt += 1) {
      await this.quiet(url, request.signal);
      const answer = await this.once(url, request);
      const wait = attempt < attempts ? this.waitFor(answer, attempt) : null;
      if (wait === null) {
        if ('failure' in answer) throw answer;
        return answer;
      }
      if ('drop' in answer) answer.drop();
      await this.sleep(wait, url, request.signal);
    }
  }

  /** The error that an answer is. */
  refusal(response: OutboundResponse): Promise<RegistryError> {
    return errorOf(response, retryAfterMs(headerOf(response), this.clock.now()));
  }

  /** @throws RegistryError aborted */
  async sleep(ms: number, url: URL, signal?: AbortSignal): Promise<void> {
    try {
      await this.clock.sleep(ms, signal);
    } catch (error) {
      throw aborted(url, error);
    }
  }

  private async once(url: URL, request: TransportRequest): Promise<OutboundResponse | RegistryError> {
    const { insecure = false, ca } = this.options;
    try {
      const response = await this.outbound.request(url, {
        ...request,
        headers: { 'user-agent': userAgent, ...request.headers },
        verifyCertificate: !insecure,
        ...(ca === undefined ? {} : { ca }),
      });
      this.heed(response);
      return response;
    } catch (error) {
      return toRegistryError(error, url.origin);
    }
  }

  /** How long to wait before the next try; null when there is no point in one. */
  private waitFor(answer: OutboundResponse | RegistryError, failures: number): number | null {
    if ('failure' in answer) return answer.isTransient ? waitAfter(this.retry, failures, 0, this.clock) : null;
    if (!transientStatuses.has(answer.status)) return null;
    return waitAfter(this.retry, failures, retryAfterMs(headerOf(answer), this.clock.now()), this.clock);
  }

  /** Others who ask the same server wait as well. */
  private heed(response: OutboundResponse): void {
    const now = this.clock.now();
    const header = headerOf(response);
    const asked = transientStatuses.has(response.status) ? retryAfterMs(header, now) : 0;
    const rest = Math.max(asked, restMs(header, now));
    if (rest <= this.retry.longestWaitMs) this.quietUntil = Math.max(this.quietUntil, now + rest);
  }

  private async quiet(url: URL, signal?: AbortSignal): Promise<void> {
    for (let wait = this.quietUntil - this.clock.now(); wait > 0; wait = this.quietUntil - this.clock.now()) {
      await this.sleep(wait, url, signal);
    }
  }
}

const headerOf =
  (response: OutboundResponse) =>
  (name: string): string | undefined =>
    response.header(name);

const aborted = (url: URL, cause: unknown): RegistryError =>
  new RegistryError('aborted', `${url.origin} was not waited for any longer`, { cause });
