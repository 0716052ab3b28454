import type { Readable } from 'node:stream';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { refusal } from '@haven/http';
import type { Logger } from '@haven/observability';
import { LOGGER } from '../logger.module.js';
import { LiveChannel, type News } from './live.channel.js';
import { LiveStream, type Happening } from './live-stream.js';
import { presentEvent, presentTransfer } from './operation.presenter.js';
import type { Wanted } from './stream.schema.js';
import { TransferBoard } from './transfer.board.js';
import { ViewerService } from './viewer.service.js';

const mostAtOnce = 200;
/** How long somebody whose rights were taken still sees at the most. */
const reviewMs = 3_000;
/** Then a client asks again, with credentials that hold by then. */
const longestMs = 600_000;

interface Reader {
  principal: Principal;
  stream: LiveStream;
  until: number;
}

/** Shows what happens to whoever may see it. */
@Injectable()
export class StreamService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly readers = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;
  private review: Promise<void> | null = null;

  constructor(
    @Inject(LiveChannel) private readonly channel: LiveChannel,
    @Inject(TransferBoard) private readonly board: TransferBoard,
    @Inject(ViewerService) private readonly viewers: ViewerService,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.channel.listen((news) => {
      this.hear(news);
    });
    this.board.watch((transfer) => {
      const { projectId, repository } = transfer;
      this.offer({ name: 'transfer', projectId, repository, present: (view) => presentTransfer(transfer, view) });
    });
    this.timer = setInterval(() => {
      this.review ??= this.reviewAll().finally(() => {
        this.review = null;
      });
    }, reviewMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.review;
  }

  /** Ends all streams: they would go on for as long as anybody reads them. */
  close(): void {
    for (const { stream } of this.readers) stream.finish();
  }

  /** @throws AppError FORBIDDEN, TOO_MANY_REQUEST */
  async open(principal: Principal, wanted: Wanted): Promise<Readable> {
    const view = await this.viewers.viewOf(principal);
    if (view === null) throw refusal(principal);
    if (this.readers.size >= mostAtOnce) throw Errors.tooManyRequests('too many live views at once');
    const stream = new LiveStream(wanted, view, () => {
      this.readers.delete(reader);
    });
    const reader: Reader = { principal, stream, until: Date.now() + longestMs };
    this.readers.add(reader);
    return stream;
  }

  private hear(news: News): void {
    if (news.kind !== 'events') return;
    for (const event of news.events) {
      const { projectId, action, target } = event;
      if (projectId === undefined) continue;
      const present: Happening['present'] = (view) => presentEvent(event, projectId, view);
      this.offer({ name: action, projectId, repository: target.repository, present });
    }
  }

  private offer(happening: Happening): void {
    for (const { stream } of this.readers) stream.offer(happening);
  }

  private async reviewAll(): Promise<void> {
    for (const reader of [...this.readers]) {
      // While nobody can say what somebody may see, they see nothing.
      const view = await this.viewers.viewOf(reader.principal).catch((error: unknown) => {
        this.log.warn({ err: error }, 'rights of a live view could not be looked at, it was ended');
        return null;
      });
      if (view === null || Date.now() > reader.until) reader.stream.finish();
      else reader.stream.view = view;
    }
  }
}
