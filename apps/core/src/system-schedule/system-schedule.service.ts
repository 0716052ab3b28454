import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import {
  removeSchedule,
  saveSchedule,
  startExecution,
  stopExecution,
  vendors,
  type CronType,
  type StartParameters,
  type VendorType,
} from '@haven/queue';
import { ExecutionRepository, type ExecutionRow } from '../execution/execution.repository.js';
import type { ScheduleWish } from './system-schedule.schema.js';

export interface SystemSchedule {
  id: number;
  cronType: CronType;
  cron: string;
  nextRunTime: Date;
  attributes: Record<string, unknown>;
  creationTime: Date;
  updateTime: Date;
}

/** Work on the whole platform that administrators start, by hand or by the clock: purges, collections. */
@Injectable()
export class SystemScheduleService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ExecutionRepository) private readonly executions: ExecutionRepository,
  ) {}

  /**
   * Does what was wished for.
   * @param attributes shown with the schedule and with each execution
   * @returns the id of the execution that was started; 0 when none was
   * @throws AppError BAD_REQUEST for a bad time
   */
  async apply<Vendor extends VendorType>(
    vendorType: Vendor,
    wish: ScheduleWish,
    parameters: StartParameters<Vendor>,
    attributes: object,
  ): Promise<number> {
    return this.store.transaction(async (tx) => {
      if (wish.kind === 'now') return startExecution(tx, { vendorType, trigger: 'MANUAL', parameters, attributes });
      if (wish.kind === 'never') await removeSchedule(tx, vendorType);
      else await saveSchedule(tx, { vendorType, ...wish, parameters, attributes });
      return 0;
    });
  }

  /** Null when nothing is scheduled. */
  schedule(vendorType: VendorType): Promise<SystemSchedule | null> {
    return this.store.sql.maybe<SystemSchedule>(
      sql(
        `SELECT id, cron_type AS "cronType", cron, next_run_at AS "nextRunTime", extra_attrs AS attributes,
                creation_time AS "creationTime", update_time AS "updateTime"
           FROM schedule WHERE vendor_type = $1 AND vendor_id = 0`,
        vendorType,
      ),
    );
  }

  history(vendorType: VendorType, query: ListQuery): Promise<PageOf<ExecutionRow>> {
    return this.executions.list({ vendorTypes: [vendorType] }, [vendors[vendorType].firstJob], query);
  }

  /** @throws AppError NOT_FOUND */
  async execution(vendorType: VendorType, id: number): Promise<ExecutionRow> {
    const found = await this.executions.find(id, { vendorTypes: [vendorType] }, [vendors[vendorType].firstJob]);
    if (found === null) throw Errors.notFound(`execution ${id} not found`);
    return found;
  }

  /** The log of its one task. @throws AppError NOT_FOUND */
  async log(vendorType: VendorType, id: number): Promise<Readable> {
    await this.execution(vendorType, id);
    const task = await this.executions.firstTask(id);
    if (task === null) throw Errors.notFound(`execution ${id} has no log`);
    return this.executions.log(task);
  }

  /** Stopping what is over changes nothing. @throws AppError NOT_FOUND */
  async stop(vendorType: VendorType, id: number): Promise<void> {
    await this.execution(vendorType, id);
    await this.store.transaction((tx) => stopExecution(tx, id));
  }
}
