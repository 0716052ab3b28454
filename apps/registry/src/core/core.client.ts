import { Inject, Injectable } from '@nestjs/common';
import { internalAuthorization, registryService } from '@haven/auth';
import { Errors } from '@haven/errors';
import { Agent, request, type Dispatcher } from 'undici';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';

const timeoutMs = 10_000;
const maxAnswerBytes = 1_048_576;
const connections = 16;

/** Media type of distribution's notification envelope. */
const eventsMediaType = 'application/vnd.docker.distribution.events.v1+json';

/** What came in, by repository; the id is the same when it is told again. */
export interface CountedTraffic {
  counted: { id: string };
  items: readonly { repository: string; at: string; bytesIn: number }[];
}

/** Whose credentials core is asked about, and for what. */
export interface TokenRequest {
  /** The `Authorization` header as it came. */
  authorization: string;
  scopes: readonly string[];
  clientAddress: string;
  requestId: string;
}

/** The registry's way to core. */
@Injectable()
export class CoreClient {
  private readonly agent = new Agent({
    connections,
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxAnswerBytes,
  });

  constructor(@Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig) {}

  /**
   * Exchanges credentials for a token.
   * @returns null when core does not accept them
   * @throws AppError UNAVAILABLE when core is away, TOO_MANY_REQUEST when it throttles
   */
  async requestToken({ authorization, scopes, clientAddress, requestId }: TokenRequest): Promise<string | null> {
    const query = new URLSearchParams({ service: registryService });
    for (const scope of scopes) query.append('scope', scope);
    const answer = await this.send(`/service/token?${query.toString()}`, {
      method: 'GET',
      headers: { authorization, 'x-forwarded-for': clientAddress, 'x-request-id': requestId },
    });
    if (answer.statusCode === 200) return readToken(answer.text);
    if (answer.statusCode === 401 || answer.statusCode === 403) return null;
    if (answer.statusCode === 429) throw Errors.tooManyRequests('too many log-in attempts, try again later');
    throw away(new Error(`core answered ${answer.statusCode} to a token request`));
  }

  /** Hands events to core. Rejects unless core has taken all of them. */
  async deliverEvents(events: readonly object[]): Promise<void> {
    if (events.length === 0) return;
    await this.tell('/service/notifications', { events }, eventsMediaType);
  }

  /** Tells of the transfers of this moment. Rejects when that did not come through. */
  async tellTransfers(news: object): Promise<void> {
    await this.tell('/service/transfers', news);
  }

  /** Rejects unless core has counted it. */
  async tellTraffic(traffic: CountedTraffic): Promise<void> {
    await this.tell('/service/traffic', traffic);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async tell(path: string, message: object, mediaType = 'application/json'): Promise<void> {
    const { statusCode } = await this.send(path, {
      method: 'POST',
      headers: { authorization: internalAuthorization(this.config.internalSecret), 'content-type': mediaType },
      body: JSON.stringify(message),
    });
    if (statusCode < 200 || statusCode > 299) throw away(new Error(`core answered ${statusCode} to ${path}`));
  }

  private async send(
    path: string,
    options: Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'>,
  ): Promise<{ statusCode: number; text: string }> {
    try {
      const { statusCode, body } = await request(`${this.config.coreUrl}${path}`, {
        ...options,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { statusCode, text: await body.text() };
    } catch (error) {
      throw away(error);
    }
  }
}

const away = (cause: unknown): Error =>
  Errors.unavailable('the platform cannot be reached at the moment, try again', {
    cause,
    headers: { 'Retry-After': '2' },
  });

function readToken(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string') {
      return answer.token;
    }
  } catch (error) {
    throw away(error);
  }
  throw away(new Error('core answered without a token'));
}
