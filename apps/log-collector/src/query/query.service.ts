import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { LogStore } from '../store/log-store.js';
import { presentPage, type PresentedPage } from './line.presenter.js';
import { LogSearch } from './log-search.js';
import { filterOf, searchOptionsOf } from './query.schema.js';

/** Searches cost time of one core: more at once would only make all of them late. */
const mostAtOnce = 8;

@Injectable()
export class QueryService {
  private running = 0;

  constructor(@Inject(LogStore) private readonly store: LogStore) {}

  /** @throws AppError BAD_REQUEST, TOO_MANY_REQUEST */
  async search(params: unknown): Promise<PresentedPage> {
    const search = new LogSearch(this.store, filterOf(params), searchOptionsOf(params));
    if (this.running >= mostAtOnce) throw Errors.tooManyRequests('too many searches at once');
    this.running += 1;
    try {
      return presentPage(await search.run());
    } finally {
      this.running -= 1;
    }
  }

  services(): { services: string[] } {
    return { services: this.store.services };
  }
}
