import { Answer, type RequestOptions } from '@haven/testing/oci';
import { Pool } from 'undici';
import type { Subject } from './subject.ts';

const patienceMs = 180_000;

/** What is sent: bytes at hand, or pieces whose sum a `content-length` says. */
export interface BenchRequest {
  headers?: Readonly<Record<string, string>>;
  body?: RequestOptions['body'];
}

/** Some clients of one registry, each on a connection that it keeps. */
export class BenchClient {
  private readonly pool: Pool;

  constructor(
    readonly subject: Subject,
    connections: number,
  ) {
    const timeouts = { headersTimeout: patienceMs, bodyTimeout: patienceMs };
    this.pool = new Pool(subject.url, { connections, pipelining: 1, ...timeouts });
  }

  /** @param path may be a `Location` */
  async request(method: string, path: string, { headers = {}, body }: BenchRequest = {}): Promise<Answer> {
    const { pathname, search } = new URL(path, this.subject.url);
    const answer = await this.pool.request({
      method: method,
      path: pathname + search,
      headers: { ...headers },
      body: (body ?? null) as Buffer | null,
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return new Answer(`${method} ${this.subject.name} ${pathname}`, answer.statusCode, answer.headers, bytes);
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

/** Runs `work` on every item, by so many at once. */
export async function eachOf<T>(items: readonly T[], workers: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** How long it takes, in seconds. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}
