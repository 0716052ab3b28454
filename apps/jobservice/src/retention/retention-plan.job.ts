import { Inject, Injectable } from '@nestjs/common';
import { Database, planRetention, readImmutability } from '@haven/models';
import { PermanentJobError, type JobContext, type JobHandler, type JobParameters, type NewTask } from '@haven/queue';
import { JOBSERVICE_CONFIG, type JobserviceConfig } from '../jobservice.config.js';
import { RetentionRepository } from './retention.repository.js';

/** Decides over all artifacts of a project, keeps the plan, and makes a task for each repository that rules are about. */
@Injectable()
export class RetentionPlanJob implements JobHandler<'RETENTION_PLAN'> {
  readonly job = 'RETENTION_PLAN';

  constructor(
    @Inject(JOBSERVICE_CONFIG) private readonly config: JobserviceConfig,
    @Inject(Database) private readonly db: Database,
    @Inject(RetentionRepository) private readonly retention: RetentionRepository,
  ) {}

  async run({ policyId, isDry, isConfirmed }: JobParameters<'RETENTION_PLAN'>, context: JobContext): Promise<void> {
    const { executionId, signal, log } = context;
    const policy = await this.retention.policy(policyId);
    if (policy === null) throw new PermanentJobError(`the retention policy ${policyId} is gone`);
    const isImmutable = await readImmutability(this.db, policy.projectId);
    const now = Date.now();
    const tasks: NewTask[] = [];
    let [total, deletions] = [0, 0];
    for (const repository of await this.retention.repositories(policy.projectId)) {
      signal.throwIfAborted();
      const candidates = await this.retention.candidates(repository.id);
      total += candidates.length;
      const name = repository.name.slice(policy.project.length + 1);
      const isKept = (tag: string): boolean => isImmutable(repository.name, tag);
      const planned = planRetention(policy.rules, name, candidates, isKept, now);
      if (planned === null) continue;
      await this.retention.savePlan(executionId, repository.name, planned);
      const doomed = planned.filter(({ fate }) => fate === 'DEL').length;
      deletions += doomed;
      const figures = { total: planned.length, retained: planned.length - doomed };
      tasks.push({
        job: 'RETENTION',
        parameters: { policyId, repository: repository.name, isDry },
        attributes: { repository: name, dry_run: isDry, ...figures },
      });
    }
    log.info(`${total} artifacts looked at, ${deletions} are to be deleted, in ${tasks.length} repositories`);
    if (!isDry && !isConfirmed) await this.assertNotTooMany(executionId, deletions, total);
    if (tasks.length === 0) await this.retention.explain(executionId, 'no resources for retention');
    await context.addTasks(tasks);
  }

  private async assertNotTooMany(executionId: number, deletions: number, total: number): Promise<void> {
    const { retentionMaxDeletePercent: most } = this.config;
    if (deletions * 100 <= total * most) return;
    const message =
      `nothing was deleted: the plan would take ${deletions} of ${total} artifacts of the project, ` +
      `more than ${most} %; look at the plan, and start again with "confirm": true to go on`;
    await this.retention.explain(executionId, message);
    throw new PermanentJobError(message);
  }
}
