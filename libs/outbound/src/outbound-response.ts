import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { OutboundError, toOutboundError } from './outbound.error.js';

const defaultLimitBytes = 1_048_576;
/** As much is read of an answer that nobody wants, to keep its connection. */
const droppedBytes = 16_384;

type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** An answer whose body is still to come: read it whole within a limit, stream it, or drop it. */
export class OutboundResponse {
  readonly status: number;
  readonly headers: Answer['headers'];
  /** For streaming; how much of it is too much is for the reader to say. */
  readonly body: Readable;

  /** @param url where the answer came from, after redirects */
  constructor(
    readonly url: URL,
    private readonly answer: Answer,
    private readonly signal: AbortSignal,
  ) {
    this.status = answer.statusCode;
    this.headers = answer.headers;
    this.body = answer.body;
    // A connection that breaks while nobody reads is nobody's error.
    this.body.on('error', () => undefined);
  }

  /** The value of a header, or its values joined. */
  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** @throws OutboundError */
  async bytes(limitBytes = defaultLimitBytes): Promise<Buffer> {
    const { origin } = this.url;
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of this.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > limitBytes) throw new OutboundError('too-large', origin);
        chunks.push(chunk);
      }
    } catch (error) {
      throw toOutboundError(error, origin, this.signal);
    }
    return Buffer.concat(chunks);
  }

  /** @throws OutboundError */
  async text(limitBytes?: number): Promise<string> {
    return (await this.bytes(limitBytes)).toString('utf8');
  }

  /** @throws OutboundError also when it is no JSON */
  async json(limitBytes?: number): Promise<unknown> {
    const text = await this.text(limitBytes);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new OutboundError('malformed', this.url.origin, { cause: error });
    }
  }

  /** Ends it unread. */
  drop(): void {
    this.answer.body.dump({ limit: droppedBytes }).catch(() => undefined);
  }
}
