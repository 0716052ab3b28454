import { Inject, Injectable } from '@nestjs/common';
import { Database, sql, type PlannedArtifact, type RetentionCandidate, type RetentionRule } from '@haven/models';

export interface RetentionPolicy {
  id: number;
  projectId: number;
  project: string;
  rules: RetentionRule[];
}

/** A line of a plan, with where it is to be found. */
export interface PlanLine {
  repository: string;
  digest: string;
  tags: string[];
  fate: string;
  rule: number | null;
  pushTime: Date;
  pullTime: Date | null;
}

/** What retention reads, and its plans. */
@Injectable()
export class RetentionRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  policy(id: number): Promise<RetentionPolicy | null> {
    return this.db.maybe<RetentionPolicy>(
      sql(
        `SELECT policy.id, policy.project_id AS "projectId", project.name AS project, policy.rules
           FROM retention_policy policy JOIN project USING (project_id) WHERE policy.id = $1 AND NOT project.deleted`,
        id,
      ),
    );
  }

  async repositories(projectId: number): Promise<{ id: number; name: string }[]> {
    return this.db.rows(
      sql('SELECT repository_id AS id, name FROM repository WHERE project_id = $1 AND listed ORDER BY name', projectId),
    );
  }

  /** Artifacts that stand for themselves: neither parts of an index, nor signatures and the like. */
  async candidates(repositoryId: number): Promise<RetentionCandidate[]> {
    const rows = await this.db.rows<{ digest: string; tags: string[]; pushed: Date; pulled: Date | null }>(
      sql(
        `SELECT artifact.digest, coalesce(array_agg(tag.name ORDER BY tag.name) FILTER (WHERE tag.name IS NOT NULL), '{}') AS tags,
                greatest(artifact.push_time, max(tag.push_time)) AS pushed,
                greatest(artifact.pull_time, max(tag.pull_time)) AS pulled
           FROM artifact LEFT JOIN tag ON tag.artifact_id = artifact.id
          WHERE artifact.repository_id = $1 AND artifact.listed GROUP BY artifact.id ORDER BY artifact.id`,
        repositoryId,
      ),
    );
    return rows.map(({ digest, tags, pushed, pulled }) => ({
      digest,
      tags,
      pushedAt: pushed.getTime(),
      pulledAt: pulled?.getTime() ?? 0,
    }));
  }

  /** Keeps a plan in the place of an earlier one of the same run. */
  async savePlan(executionId: number, repository: string, planned: readonly PlannedArtifact[]): Promise<void> {
    const rows = planned.map(({ digest, tags, fate, rule, pushedAt, pulledAt }) => ({
      ...{ digest, tags, fate, rule },
      pushed: new Date(pushedAt),
      pulled: pulledAt === 0 ? null : new Date(pulledAt),
    }));
    await this.db.run(
      sql(
        `INSERT INTO retention_plan (execution_id, repository, digest, tags, push_time, pull_time, fate, rule)
         SELECT $1, $2, digest, tags, pushed, pulled, fate, rule
           FROM jsonb_to_recordset($3) AS line (digest text, tags text[], fate text, rule integer, pushed timestamptz, pulled timestamptz)
         ON CONFLICT (execution_id, repository, digest) DO UPDATE
            SET tags = excluded.tags, fate = excluded.fate, rule = excluded.rule,
                push_time = excluded.push_time, pull_time = excluded.pull_time`,
        executionId,
        repository,
        JSON.stringify(rows),
      ),
    );
  }

  plan(executionId: number, repository: string): Promise<PlanLine[]> {
    return this.db.rows<PlanLine>(
      sql(
        `SELECT repository, digest, tags, fate, rule, push_time AS "pushTime", pull_time AS "pullTime"
           FROM retention_plan WHERE execution_id = $1 AND repository = $2 ORDER BY push_time DESC, digest`,
        executionId,
        repository,
      ),
    );
  }

  /** Lines that are to be deleted and have not been at. */
  due(executionId: number, repository: string): Promise<PlanLine[]> {
    return this.db.rows<PlanLine>(
      sql(
        `SELECT repository, digest, tags, fate, rule, push_time AS "pushTime", pull_time AS "pullTime"
           FROM retention_plan
          WHERE execution_id = $1 AND repository = $2 AND fate = 'DEL' AND outcome = '' ORDER BY digest`,
        executionId,
        repository,
      ),
    );
  }

  async explain(executionId: number, message: string): Promise<void> {
    await this.db.run(sql('UPDATE execution SET status_message = $2 WHERE id = $1', executionId, message));
  }
}
