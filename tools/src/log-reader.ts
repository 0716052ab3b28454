import { readFileSync } from 'node:fs';
import type { DataFolder } from './data-folder.ts';
import { readPorts } from './ports.ts';
import { secretFiles } from './secrets.ts';

/** The log collector does not answer. */
export class CollectorAway extends Error {}

interface CollectedLine {
  id: string;
  time: string;
  labels: Record<string, string>;
  message: string;
}

const answerLimitMs = 10_000;

/** A line for a terminal: whoever writes logs must not steer it. */
export function renderLine({ time, labels, message }: CollectedLine): string {
  const head = `${time} ${(labels['service'] ?? '').padEnd(13)} ${(labels['level'] ?? '').padEnd(5)} `;
  const escape = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return (head + message).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\t' ? character : character === '\n' ? '\\n' : escape(character),
  );
}

/** The data of server-sent events named `line`, as they come. */
export async function* lineEvents(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of text) {
    const events = (rest + piece).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^event: line$/m.test(event) ? /^data: (.*)$/m.exec(event)?.[1] : undefined;
      if (data !== undefined) yield data;
    }
  }
}

interface Collector {
  url: string;
  authorization: string;
}

function collectorOf(data: DataFolder): Collector {
  const port = readPorts(data)?.['log-collector'];
  if (port === undefined) throw new CollectorAway();
  try {
    const secret = readFileSync(secretFiles(data).internalSecret, 'utf8').trim();
    return { url: `http://127.0.0.1:${port}`, authorization: `Harbor-Secret ${secret}` };
  } catch (error) {
    throw new CollectorAway(undefined, { cause: error });
  }
}

async function get({ url, authorization }: Collector, path: string, signal?: AbortSignal): Promise<Response> {
  try {
    const headers = { authorization };
    const response = await fetch(`${url}${path}`, { headers, ...(signal === undefined ? {} : { signal }) });
    if (response.ok) return response;
    throw new Error(`answered ${response.status}`);
  } catch (error) {
    throw new CollectorAway(undefined, { cause: error });
  }
}

/**
 * The last lines, oldest first, then new ones when they are wanted.
 * @throws CollectorAway also when it was never started, or its credential cannot be read
 */
export async function* collectedLines(
  data: DataFolder,
  services: readonly string[],
  count: number,
  follow: boolean,
): AsyncGenerator<string> {
  const collector = collectorOf(data);
  const names = services.length === 0 ? '' : `service=${services.join(',')}&`;
  // Opened before the question, so that nothing is missed between the two.
  const tail = follow ? await get(collector, `/tail?${names}`) : undefined;
  const response = await get(collector, `/query?${names}limit=${count}`, AbortSignal.timeout(answerLimitMs));
  const { lines } = (await response.json()) as { lines: CollectedLine[] };
  for (const line of lines.toReversed()) yield renderLine(line);
  if (tail?.body === undefined || tail.body === null) return;
  const known = new Set(lines.map(({ id }) => id));
  try {
    for await (const event of lineEvents(tail.body.pipeThrough(new TextDecoderStream()))) {
      const line = JSON.parse(event) as CollectedLine;
      if (!known.has(line.id)) yield renderLine(line);
    }
  } catch (error) {
    throw new CollectorAway(undefined, { cause: error });
  }
  throw new CollectorAway();
}
