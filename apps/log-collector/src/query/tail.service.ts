import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { decodeLine } from '../line/log-line.js';
import { LogStore } from '../store/log-store.js';
import type { WrittenLines } from '../store/service-log.js';
import type { LineFilter } from './line-filter.js';
import { presentLine } from './line.presenter.js';
import { filterOf } from './query.schema.js';

const mostAtOnce = 50;
/** What waits for a reader that is slow; beyond, lines are left out, and it is told how many. */
const mostWaitingBytes = 1024 * 1024;
const heartbeatMs = 15_000;

/** One reader of new lines, as server-sent events: `line`, and `skipped` with a number for a reader that is too slow. */
class Tail extends Readable {
  private skipped = 0;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly wanted: LineFilter,
    private readonly onEnd: () => void,
  ) {
    super({ highWaterMark: mostWaitingBytes });
    this.push(': lines that are written from now on\n\n');
    this.heartbeat = setInterval(() => {
      if (this.readableLength === 0) this.push(':\n\n');
    }, heartbeatMs);
  }

  offer({ service, segment, offset, bytes }: WrittenLines): void {
    if (!this.wanted.wantsService(service)) return;
    this.wanted.scan(bytes, (start, end) => {
      if (this.readableLength > mostWaitingBytes) {
        this.skipped += 1;
        return;
      }
      const line = decodeLine(service, bytes.subarray(start, end));
      if (line === null) return;
      if (this.skipped > 0) this.push(`event: skipped\ndata: ${this.skipped}\n\n`);
      this.skipped = 0;
      const shown = presentLine({ ...line, position: { time: line.time, segment, offset: offset + start } });
      // JSON holds no raw line feed, so a line cannot make up events.
      this.push(`event: line\nid: ${shown.id}\ndata: ${JSON.stringify(shown)}\n\n`);
    });
  }

  override _read(): void {
    // Lines come when they come.
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.heartbeat);
    this.onEnd();
    done(error);
  }
}

/** Shows lines as they are written. */
@Injectable()
export class TailService {
  private readonly tails = new Set<Tail>();

  constructor(@Inject(LogStore) private readonly store: LogStore) {}

  get count(): number {
    return this.tails.size;
  }

  /** @throws AppError BAD_REQUEST, TOO_MANY_REQUEST */
  open(params: unknown): Readable {
    const filter = filterOf(params);
    if (this.tails.size >= mostAtOnce) throw Errors.tooManyRequests('too many live views at once');
    const tail: Tail = new Tail(filter, () => {
      stop();
      this.tails.delete(tail);
    });
    const stop = this.store.listen((written) => {
      tail.offer(written);
    });
    this.tails.add(tail);
    return tail;
  }
}
