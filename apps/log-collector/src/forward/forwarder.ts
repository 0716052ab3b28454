import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeLine } from '../line/log-line.js';
import { formatPosition } from '../query/position.js';
import type { LogStore } from '../store/log-store.js';
import { writeWhole } from '../store/whole-file.js';
import { RefusedLines, type ForwardedLine, type ForwardTarget } from './forward-target.js';

/** Up to where the lines of a service were passed on. */
interface Place {
  segment: number;
  offset: number;
}

interface Refusal {
  lines: number;
  error: RefusedLines;
}

export interface ForwarderOptions {
  /** Where it is noted how far each service is. */
  stateFile: string;
  onError(error: unknown, what: string): void;
}

const mostLines = 1_000;
const mostBytes = 1024 * 1024;
/** Of a batch that is refused; enough to find two or three lines among a thousand. */
const mostParts = 48;
const pollMs = 1_000;
const firstRetryMs = 500;
const longestRetryMs = 60_000;
const LF = 10;

/**
 * Passes lines on in the order in which they came, at least once. The store is its queue: what the other side does not
 * take waits on disk, for as long as lines are kept, and a restart goes on where the last batch ended.
 */
export class Forwarder {
  private places: Record<string, Place | undefined> = {};
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  /** Since the start. */
  readonly counts = { lines: 0, refused: 0 };

  constructor(
    private readonly store: Pick<LogStore, 'services' | 'segments'>,
    readonly target: ForwardTarget,
    private readonly options: ForwarderOptions,
  ) {}

  async start(): Promise<void> {
    const saved = await readFile(this.options.stateFile, 'utf8').catch(() => '{}');
    this.places = JSON.parse(saved) as Record<string, Place>;
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let retryMs = firstRetryMs;
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      let pauseMs = pollMs;
      try {
        let isMore = false;
        for (const service of this.services) isMore = (await this.passOn(service)) || isMore;
        if (isMore) pauseMs = 0;
        retryMs = firstRetryMs;
      } catch (error) {
        if (isStopped()) return;
        this.options.onError(error, `lines were not passed on to ${this.target.name}, it is tried again`);
        pauseMs = retryMs;
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private get services(): readonly string[] {
    const { services } = this.target;
    return services === undefined ? this.store.services : this.store.services.filter((name) => services.includes(name));
  }

  /** @returns whether there were any lines */
  private async passOn(service: string): Promise<boolean> {
    const batch = await this.read(service, this.places[service] ?? { segment: 0, offset: 0 });
    if (batch === null) return false;
    const refusals = await this.send(batch.lines, { left: mostParts });
    const refused = refusals.reduce((sum, { lines }) => sum + lines, 0);
    this.counts.lines += batch.lines.length - refused;
    this.counts.refused += refused;
    if (refusals[0] !== undefined) {
      this.options.onError(refusals[0].error, `${this.target.name} refused lines, they are left out`);
    }
    this.places[service] = batch.end;
    await writeWhole(this.options.stateFile, JSON.stringify(this.places));
    return true;
  }

  /**
   * Sends lines. Where they are refused, their halves are sent by themselves, so that no line is left out for what another
   * one is: who takes a line twice keeps it once.
   * @param parts how many more times there may be something to send
   */
  private async send(lines: readonly ForwardedLine[], parts: { left: number }): Promise<Refusal[]> {
    parts.left -= 1;
    try {
      await this.target.send(lines, this.stopping.signal);
      return [];
    } catch (error) {
      if (!(error instanceof RefusedLines)) throw error;
      if (lines.length === 1 || parts.left < 2) return [{ lines: lines.length, error }];
      const middle = lines.length >> 1;
      const first = await this.send(lines.slice(0, middle), parts);
      return [...first, ...(await this.send(lines.slice(middle), parts))];
    }
  }

  /** The lines that come next; null when there are none. */
  private async read(service: string, from: Place): Promise<{ lines: ForwardedLine[]; end: Place } | null> {
    for (const segment of this.store.segments(service)) {
      if (segment.number < from.segment) continue;
      const start = segment.number === from.segment ? from.offset : 0;
      for (const block of await segment.blocks()) {
        if (block.offset + block.length <= start) continue;
        const bytes = await segment.read(block);
        const skipped = Math.max(start - block.offset, 0);
        const { lines, used } = linesOf(bytes.subarray(skipped), service, segment.number, block.offset + skipped);
        if (used > 0) return { lines, end: { segment: segment.number, offset: block.offset + skipped + used } };
      }
    }
    return null;
  }
}

function linesOf(
  bytes: Buffer,
  service: string,
  segment: number,
  at: number,
): { lines: ForwardedLine[]; used: number } {
  const lines: ForwardedLine[] = [];
  let used = 0;
  while (lines.length < mostLines && used < mostBytes) {
    const end = bytes.indexOf(LF, used);
    if (end === -1) break;
    const line = decodeLine(service, bytes.subarray(used, end));
    if (line !== null) {
      lines.push({ ...line, id: formatPosition({ time: line.time, segment, offset: at + used }) });
    }
    used = end + 1;
  }
  return { lines, used };
}
