import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@haven/models';
import type { JobContext, JobHandler } from '@haven/queue';
import { sweepExecutions } from '@haven/queue/worker';

/** Forgets old executions, so that tables and lists stay short. */
@Injectable()
export class ExecutionSweepJob implements JobHandler<'EXECUTION_SWEEP'> {
  readonly job = 'EXECUTION_SWEEP';

  constructor(@Inject(Database) private readonly db: Database) {}

  async run(_parameters: object, { signal, log, report }: JobContext): Promise<void> {
    let swept = 0;
    for (;;) {
      signal.throwIfAborted();
      const batch = await sweepExecutions(this.db);
      if (batch === 0) break;
      swept += batch;
    }
    report({ swept });
    log.info(`${swept} old executions forgotten`);
  }
}
