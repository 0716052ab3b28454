import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@haven/errors';
import { Database, deleteArtifact, sql, type Sql } from '@haven/models';
import { PermanentJobError, type JobContext, type JobHandler, type JobParameters } from '@haven/queue';
import { RetentionRepository, type PlanLine } from './retention.repository.js';

const context = { actor: 'harbor-jobservice', sourceIp: '', consumers: ['core', 'projection'] } as const;

/** Before it is looked at: whoever is tagging it goes first, whoever comes later finds it gone. */
const lockArtifact = `
  SELECT id FROM artifact
   WHERE repository_id = (SELECT repository_id FROM repository WHERE name = $1) AND digest = $2 FOR UPDATE`;

/** As it stood when the plan was made: the tags, and when the latest of them was pushed or pulled. */
const asPlanned = `
  SELECT artifact.repository_id AS "repositoryId", artifact.project_id AS "projectId"
    FROM artifact LEFT JOIN tag ON tag.artifact_id = artifact.id
   WHERE artifact.repository_id = (SELECT repository_id FROM repository WHERE name = $1) AND artifact.digest = $2
   GROUP BY artifact.id
  HAVING coalesce(array_agg(tag.name::text ORDER BY tag.name) FILTER (WHERE tag.name IS NOT NULL), '{}') = $3::text[]
     AND greatest(artifact.push_time, max(tag.push_time)) <= $4::timestamptz + interval '1 millisecond'
     AND coalesce(greatest(artifact.pull_time, max(tag.pull_time)) <= $5::timestamptz + interval '1 millisecond', true)`;

/** Does in one repository what the plan says: no more, and nothing that has changed since. */
@Injectable()
export class RetentionJob implements JobHandler<'RETENTION'> {
  readonly job = 'RETENTION';

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(RetentionRepository) private readonly retention: RetentionRepository,
  ) {}

  async run({ policyId, repository, isDry }: JobParameters<'RETENTION'>, job: JobContext): Promise<void> {
    const { executionId, signal, log } = job;
    if ((await this.retention.policy(policyId)) === null) {
      throw new PermanentJobError(`the retention policy ${policyId} is gone`);
    }
    log.info(`Run retention process. Repository: ${repository}, Rule Algorithm: or, Dry Run: ${String(isDry)}`);
    const plan = await this.retention.plan(executionId, repository);
    for (const line of plan) log.info(tableLine(line));
    if (isDry) return;
    let deleted = 0;
    for (const line of await this.retention.due(executionId, repository)) {
      signal.throwIfAborted();
      const outcome = await this.delete(executionId, line);
      if (outcome === 'deleted') deleted += 1;
      else log.warn(`${repository}@${line.digest} is kept: ${outcome}`);
    }
    log.info(`${deleted} artifacts deleted`);
    job.report({ ...job.attributes, deleted });
  }

  private async delete(executionId: number, line: PlanLine): Promise<string> {
    try {
      return await this.db.transaction(async (tx) => {
        const { repository: name, digest, tags, pushTime, pullTime } = line;
        await tx.run(sql(lockArtifact, name, digest));
        const there = await tx.maybe<{ repositoryId: number; projectId: number }>(
          sql(asPlanned, name, digest, tags, pushTime, pullTime ?? new Date(0)),
        );
        if (there === null) return await note(tx, executionId, line, 'it has changed since the plan was made');
        await deleteArtifact(tx, { ...there, name }, digest, context);
        return note(tx, executionId, line, 'deleted');
      });
    } catch (error) {
      // An index refers to it, a rule keeps it, it is gone: the run goes on with the others.
      if (!(error instanceof AppError) || error.code === 'UNAVAILABLE') throw error;
      return note(this.db, executionId, line, error.message.slice(0, 64));
    }
  }
}

async function note(db: Sql, executionId: number, { repository, digest }: PlanLine, outcome: string): Promise<string> {
  await db.run(
    sql(
      'UPDATE retention_plan SET outcome = $4 WHERE execution_id = $1 AND repository = $2 AND digest = $3',
      executionId,
      repository,
      digest,
      outcome,
    ),
  );
  return outcome;
}

const tableLine = ({ digest, tags, pushTime, pullTime, fate, rule }: PlanLine): string => {
  const why = rule === null ? fate : `${fate} by rule ${rule}`;
  return `| ${digest} | ${tags.join(',')} | pushed ${pushTime.toISOString()} | pulled ${pullTime?.toISOString() ?? 'never'} | ${why} |`;
};
