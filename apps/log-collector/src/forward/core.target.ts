import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internalAuthorization } from '@haven/auth/internal';
import type { LogCollectorConfig } from '../log-collector.config.js';
import { parsePosition } from '../query/position.js';
import { writeWhole } from '../store/whole-file.js';
import { RefusedLines, type ForwardedLine, type ForwardTarget } from './forward-target.js';
import { readFrontLine, type FrontRequest } from './front-line.js';

const timeoutMs = 10_000;
/** Beyond, nobody is watching any more. */
const mostEndedMs = 60_000;
const mostEnded = 500;
/** More than a segment of a log can have bytes: so a place in the log is one number. */
const segmentSpan = 2 ** 31;

interface PlacedRequest extends FrontRequest {
  place: number;
}

/**
 * Tells core what the front door has sent: bytes of pulls by repository and hour, and failures. nginx alone knows them, since
 * it sends the bytes itself. Core keeps up to where it has counted, so that lines that are sent again are not counted again.
 */
export class CoreTarget implements ForwardTarget {
  readonly name = 'core';
  readonly services = ['nginx'];
  private source: string | null = null;

  constructor(private readonly config: Pick<LogCollectorConfig, 'coreUrl' | 'internalSecret' | 'root'>) {}

  async send(lines: readonly ForwardedLine[], signal: AbortSignal): Promise<void> {
    const requests = lines.flatMap(placedRequest);
    const countedUpTo = await this.count(requests, signal);
    if (countedUpTo !== null) {
      await this.count(
        requests.filter(({ place }) => place > countedUpTo),
        signal,
      );
    }
    const since = Date.now() - mostEndedMs;
    const pulls = requests.flatMap(({ ended, at }) => (ended !== null && Date.parse(at) >= since ? [ended] : []));
    if (pulls.length > 0) {
      await this.post('/service/transfers', { kind: 'ended', transfers: pulls.slice(0, mostEnded) }, signal);
    }
  }

  /** @returns up to where core has counted them already, when that is beyond the first of them */
  private async count(requests: readonly PlacedRequest[], signal: AbortSignal): Promise<number | null> {
    const [first, last] = [requests[0], requests.at(-1)];
    if (first === undefined || last === undefined) return null;
    const counted = { source: await this.sourceId(), from: first.place, to: last.place };
    const answer = await this.post('/service/traffic', { counted, items: addedUp(requests) }, signal);
    return (answer as { countedUpTo: number | null }).countedUpTo;
  }

  /** Stays with the lines: places in another log mean something else. */
  private async sourceId(): Promise<string> {
    const file = join(this.config.root, 'traffic-source');
    this.source ??= await readFile(file, 'utf8').catch(() => null);
    if (this.source === null) {
      const made = randomUUID();
      await writeWhole(file, made);
      this.source = made;
    }
    return this.source;
  }

  private async post(path: string, message: object, signal: AbortSignal): Promise<unknown> {
    const answer = await fetch(`${this.config.coreUrl}${path}`, {
      method: 'POST',
      headers: {
        authorization: internalAuthorization(this.config.internalSecret),
        'content-type': 'application/json',
      },
      body: JSON.stringify(message),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await answer.text();
    if ([400, 413, 422].includes(answer.status))
      throw new RefusedLines(`answered ${answer.status}: ${text.slice(0, 200)}`);
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    return text === '' ? null : JSON.parse(text);
  }
}

function placedRequest({ id, message }: ForwardedLine): PlacedRequest[] {
  const request = readFrontLine(message);
  const position = parsePosition(id);
  if (request === null || position === null) return [];
  return [{ ...request, place: position.segment * segmentSpan + position.offset }];
}

/** One item for each repository and hour. */
function addedUp(requests: readonly PlacedRequest[]): object[] {
  const items = new Map<string, Omit<FrontRequest, 'ended'>>();
  for (const { repository, at, bytesOut, pushFailures, pullFailures } of requests) {
    const hour = new Date(at).toISOString().slice(0, 13);
    const key = `${hour} ${repository}`;
    const known = items.get(key) ?? { repository, at, bytesOut: 0, pushFailures: 0, pullFailures: 0 };
    known.bytesOut += bytesOut;
    known.pushFailures += pushFailures;
    known.pullFailures += pullFailures;
    items.set(key, known);
  }
  return [...items.values()];
}
