import type { OutboundClient } from '@haven/outbound';
import { RefusedLines, type ForwardedLine, type ForwardTarget } from './forward-target.js';

const totalMs = 30_000;
const mostAnswerBytes = 8 * 1024 * 1024;
/** Whoever answers so would answer so again: the lines are too old, too long, or not what it takes. */
const lasting = new Set([400, 413, 422]);

/** A URL without the name and password in it, and the header that says them. */
function split(text: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(text);
  const said = [url.username, url.password].map(decodeURIComponent).join(':');
  [url.username, url.password] = ['', ''];
  return { url, headers: said === ':' ? {} : { authorization: `Basic ${Buffer.from(said).toString('base64')}` } };
}

/** As many labels as Loki lets a line have, one of which it adds itself. */
const mostLokiLabels = 14;
const foremost = ['service', 'level', 'host', 'project'];

/** Those that lines are looked for by come first. */
function lokiLabels(labels: ForwardedLine['labels']): Record<string, string> {
  const names = [...new Set([...foremost, ...Object.keys(labels)])].filter((name) => labels[name] !== undefined);
  return Object.fromEntries(names.slice(0, mostLokiLabels).map((name) => [name, labels[name] ?? '']));
}

/** Pushes to Loki. */
export class LokiTarget implements ForwardTarget {
  readonly name = 'loki';
  private readonly place: ReturnType<typeof split>;

  constructor(
    url: string,
    private readonly outbound: OutboundClient,
  ) {
    this.place = split(`${url}/loki/api/v1/push`);
  }

  async send(lines: readonly ForwardedLine[], signal: AbortSignal): Promise<void> {
    const streams = Map.groupBy(lines, ({ labels }) => JSON.stringify(labels)).values();
    const body = [...streams].map((own) => ({
      stream: lokiLabels(own[0]?.labels ?? {}),
      values: own.map(({ time, message }) => [`${time}000`, message]),
    }));
    const { url, headers } = this.place;
    await post(this.outbound, url, {
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ streams: body }),
      signal,
    });
  }
}

interface BulkAnswer {
  errors: boolean;
  items?: { create?: { status?: number } }[];
}

/** Creates documents in Elasticsearch, each under its own id: what was sent twice is there once. */
export class ElasticsearchTarget implements ForwardTarget {
  readonly name = 'elasticsearch';
  private readonly place: ReturnType<typeof split>;
  private readonly index: string;

  constructor(
    url: string,
    private readonly outbound: OutboundClient,
  ) {
    this.place = split(url);
    this.index = this.place.url.pathname.replace(/^\/+|\/+$/g, '') || 'haven-logs';
    this.place.url.pathname = '/_bulk';
  }

  async send(lines: readonly ForwardedLine[], signal: AbortSignal): Promise<void> {
    const body = lines
      .flatMap(({ id, time, labels, message }) => [
        { create: { _index: this.index, _id: id } },
        { '@timestamp': new Date(Math.floor(time / 1_000)).toISOString(), ...labels, message },
      ])
      .map((row) => `${JSON.stringify(row)}\n`);
    const { url, headers } = this.place;
    const answer = await post(this.outbound, url, {
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body: body.join(''),
      signal,
    });
    const { errors, items = [] } = JSON.parse(answer) as BulkAnswer;
    if (!errors) return;
    const statuses = items.map(({ create }) => create?.status ?? 500);
    const again = statuses.find((status) => status === 429 || status >= 500);
    if (again !== undefined) throw new Error(`some lines were answered with ${again}`);
    // 409: it is there from an earlier try.
    if (statuses.some((status) => status >= 400 && status !== 409)) throw new RefusedLines('some lines were refused');
  }
}

async function post(
  outbound: OutboundClient,
  url: URL,
  request: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<string> {
  const response = await outbound.request(url, { ...request, method: 'POST', totalMs });
  const text = await response.text(mostAnswerBytes);
  if (lasting.has(response.status)) throw new RefusedLines(`answered ${response.status}: ${text.slice(0, 200)}`);
  if (response.status >= 300) throw new Error(`answered ${response.status}`);
  return text;
}
