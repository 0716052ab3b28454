import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { basic, type Credentials } from '@haven/testing/oci';

/** A server-sent event. */
export interface Told {
  event: string;
  data: Record<string, unknown>;
}

/** Somebody who watches what is pushed and pulled. */
export class OperationStream {
  readonly told: Told[] = [];
  private rest = '';

  private constructor(private readonly answer: IncomingMessage) {
    answer.on('error', () => undefined);
    answer.setEncoding('utf8').on('data', (text: string) => {
      this.take(text);
    });
  }

  /** @param url of the platform @returns once it is being told */
  static async open(url: string, { username, password }: Credentials, query = ''): Promise<OperationStream> {
    const headers = { authorization: basic(username, password) };
    const request = get(`${url}/api/v2.0/operations/stream${query}`, { headers, agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`the stream was answered with ${answer.statusCode ?? 0}`);
    await once(answer, 'readable');
    return new OperationStream(answer);
  }

  /** What it was told first that is as wanted; fails after a while. */
  async sees(what: string, isWanted: (told: Told) => boolean, timeoutMs = 20_000): Promise<Told> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = this.told.find(isWanted);
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`not told of ${what}: ${JSON.stringify(this.told).slice(-2_000)}`);
      await delay(50);
    }
  }

  close(): void {
    this.answer.destroy();
  }

  private take(text: string): void {
    const events = (this.rest + text).split('\n\n');
    this.rest = events.pop() ?? '';
    for (const one of events) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/m.exec(one) ?? [];
      if (event === undefined || data === undefined) continue;
      this.told.push({
        event,
        data: event === 'skipped' ? { count: Number(data) } : (JSON.parse(data) as Told['data']),
      });
    }
  }
}
