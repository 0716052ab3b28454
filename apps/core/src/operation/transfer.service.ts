import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { refusal, type ListQuery, type PageOf } from '@haven/http';
import { presentTransfer } from './operation.presenter.js';
import { wants, type Wanted } from './stream.schema.js';
import { TransferBoard } from './transfer.board.js';
import { ViewerService } from './viewer.service.js';

/** Lists the transfers of this moment. */
@Injectable()
export class TransferService {
  constructor(
    @Inject(TransferBoard) private readonly board: TransferBoard,
    @Inject(ViewerService) private readonly viewers: ViewerService,
  ) {}

  /** @throws AppError FORBIDDEN */
  async list(principal: Principal, wanted: Wanted, { page }: ListQuery): Promise<PageOf<object>> {
    const view = await this.viewers.viewOf(principal);
    if (view === null) throw refusal(principal);
    const seen = this.board.running.filter(
      ({ kind, repository, projectId }) => view.sees(projectId) && wants(wanted, kind, repository),
    );
    const start = (page.number - 1) * page.size;
    const shown = page.size === 0 ? seen : seen.slice(start, start + page.size);
    return { items: shown.map((one) => presentTransfer({ ...one, state: 'running' }, view)), total: seen.length };
  }
}
