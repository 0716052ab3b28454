import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { ModelStore } from '@haven/models/orm';
import { startScrub } from '@haven/queue';
import { ExecutionRepository, type ExecutionRow } from '../execution/execution.repository.js';
import { SystemScheduleService } from '../system-schedule/system-schedule.service.js';
import { ScrubRepository, type DamagedRow } from './scrub.repository.js';
import type { ScrubBody } from './scrub.schema.js';

export interface ScrubExecution {
  execution: ExecutionRow;
  /** What its task has reported so far. */
  reported: Readonly<Record<string, unknown>>;
}

/** Scrubs that an administrator starts, and those that the clock has started. */
@Injectable()
export class ScrubService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ExecutionRepository) private readonly executions: ExecutionRepository,
    @Inject(SystemScheduleService) private readonly system: SystemScheduleService,
    @Inject(ScrubRepository) private readonly rows: ScrubRepository,
  ) {}

  /** @returns the id of the execution. @throws AppError CONFLICT while one of the kind is under way that was started by hand */
  async start({ kind, force }: ScrubBody): Promise<number> {
    const id = await startScrub(this.store, { kind, trigger: 'MANUAL', isForced: force ?? false });
    if (id === null) throw Errors.conflict(`a scrub of the kind ${kind} is under way`);
    return id;
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number): Promise<ScrubExecution> {
    const execution = await this.system.execution('SCRUB', id);
    const task = await this.executions.firstTask(id);
    const row = task === null ? null : await this.executions.findTask(id, task);
    return { execution, reported: row?.attributes ?? {} };
  }

  damaged(query: ListQuery): Promise<PageOf<DamagedRow>> {
    return this.rows.damaged(query);
  }
}
