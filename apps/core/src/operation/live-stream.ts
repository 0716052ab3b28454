import { Readable } from 'node:stream';
import type { View } from './viewer.service.js';
import { wants, type Wanted } from './stream.schema.js';

/** What waits for a reader that is slow; beyond, things are left out, and it is told how many. */
const mostWaitingBytes = 256 * 1024;
const heartbeatMs = 15_000;

/** Something that happened in a repository. */
export interface Happening {
  /** Name of the server-sent event. */
  name: string;
  projectId: number;
  repository: string;
  /** As this reader may see it. */
  present(view: View): object;
}

/** One reader of what happens, as server-sent events, and `skipped` with a number for one that is too slow. */
export class LiveStream extends Readable {
  private skipped = 0;
  private isOver = false;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly wanted: Wanted,
    /** What the reader may see; looked at anew while the stream lives. */
    public view: View,
    private readonly onEnd: () => void,
  ) {
    super({ highWaterMark: mostWaitingBytes });
    this.push(': what happens from now on\n\n');
    this.heartbeat = setInterval(() => {
      if (this.readableLength === 0 && !this.isOver) this.push(':\n\n');
    }, heartbeatMs);
  }

  offer(happening: Happening): void {
    const { name, projectId, repository } = happening;
    if (this.isOver || !this.view.sees(projectId) || !wants(this.wanted, name, repository)) return;
    if (this.readableLength > mostWaitingBytes) {
      this.skipped += 1;
      return;
    }
    if (this.skipped > 0) this.push(`event: skipped\ndata: ${this.skipped}\n\n`);
    this.skipped = 0;
    // JSON holds no raw line feed, so a name cannot make up events.
    this.push(`event: ${name}\ndata: ${JSON.stringify(happening.present(this.view))}\n\n`);
  }

  /** Ends it in good order: whoever still wants it asks again, and is looked at again. */
  finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.push(null);
  }

  override _read(): void {
    // Things happen when they happen.
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.heartbeat);
    this.onEnd();
    done(error);
  }
}
