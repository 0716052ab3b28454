import { Inject, Injectable } from '@nestjs/common';
import { sql, statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { isPublicSql } from '../project/project-visibility.js';

export interface ProjectFigure {
  project: string;
  isPublic: boolean;
  usedBytes: number;
  /** -1: no limit. */
  hardBytes: number;
  members: number;
  repositories: number;
  pulls: number;
}

export interface ArtifactFigure {
  project: string;
  isPublic: boolean;
  type: string;
  artifacts: number;
}

export interface QueueFigure {
  type: string;
  waiting: number;
  oldestSeconds: number;
}

export interface RunningFigure {
  type: string;
  pool: string;
  running: number;
}

export interface ReplicationFigure {
  policy: string;
  /** For how long the oldest run that is not through yet has been on its way. */
  lagSeconds: number;
}

export interface OutboxFigure {
  consumer: string;
  events: number;
  oldestSeconds: number;
}

export interface BacklogFigure {
  blobs: number;
  oldestSeconds: number;
  trashed: number;
}

export interface DamageFigure {
  kind: string;
  blobs: number;
}

export interface PlatformFigures {
  /** Those that use most come first. */
  projects: readonly ProjectFigure[];
  artifacts: readonly ArtifactFigure[];
  queues: readonly QueueFigure[];
  running: readonly RunningFigure[];
  schedules: number;
  replication: readonly ReplicationFigure[];
  outbox: readonly OutboxFigure[];
  backlog: BacklogFigure;
  damage: readonly DamageFigure[];
}

/** Longer queues are not counted to their end: a gauge that stands here says enough. */
export const mostCounted = 100_000;
const holdSeconds = 60;
const mostFolded = 100_000;

const hold = statement(
  'figures_hold',
  `UPDATE platform_figure_holder SET holder = $1, held_until = now() + interval '${holdSeconds} seconds'
    WHERE holder = $1 OR held_until < now()`,
);

const age = (time: string): string => `greatest(0, extract(epoch FROM now() - ${time}))::float8`;

const projectFigures = statement(
  'figures_projects',
  `SELECT project.name AS project, ${isPublicSql} AS "isPublic", coalesce(quota.hard_bytes, -1) AS "hardBytes",
          (coalesce(quota_usage.used_bytes, 0) + coalesce(delta.bytes, 0))::bigint AS "usedBytes",
          coalesce(member.members, 0)::int AS members, coalesce(content.repositories, 0)::int AS repositories,
          coalesce(content.pulls, 0)::bigint AS pulls
     FROM project
     LEFT JOIN quota USING (project_id) LEFT JOIN quota_usage USING (project_id)
     LEFT JOIN (SELECT project_id, sum(bytes) AS bytes FROM quota_delta GROUP BY project_id) AS delta USING (project_id)
     LEFT JOIN (SELECT project_id, count(*) AS members FROM project_member WHERE entity_type = 'u' GROUP BY project_id)
               AS member USING (project_id)
     LEFT JOIN (SELECT project_id, count(*) FILTER (WHERE listed) AS repositories, sum(pull_count) AS pulls
                  FROM repository GROUP BY project_id) AS content USING (project_id)
    WHERE NOT project.deleted ORDER BY "usedBytes" DESC, project.project_id`,
);

/** Takes what has changed since the last time away from where it waits. */
const takenSql = (delta: string): string =>
  `WITH taken AS (DELETE FROM ${delta} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${delta} LIMIT ${mostFolded})) RETURNING *)`;
/** Adds it up where it is kept. */
const addSql = (count: string, key: string, figure: string): string =>
  `INSERT INTO ${count} AS known (${key}, ${figure})
   SELECT ${key}, sum(${figure}) FROM taken GROUP BY ${key} ORDER BY ${key}
   ON CONFLICT (${key}) DO UPDATE SET ${figure} = known.${figure} + excluded.${figure}`;

const folds = [
  statement(
    'figures_artifacts_fold',
    `${takenSql('artifact_delta')} ${addSql('artifact_count', 'project_id, type', 'artifacts')}`,
  ),
  statement(
    'figures_audit_fold',
    `${takenSql('audit_log_ext_delta')}, of_projects AS (${addSql('audit_log_ext_count', 'project_id, day', 'lines')})
     ${addSql('audit_log_ext_day', 'day', 'lines')}`,
  ),
];
const artifactFigures = statement(
  'figures_artifacts',
  `SELECT project.name AS project, ${isPublicSql} AS "isPublic", type, artifacts
     FROM artifact_count JOIN project USING (project_id) WHERE NOT deleted AND artifacts > 0`,
);

/** Each by an index of its own that holds nothing but what is waiting. */
const queueFigures = statement(
  'figures_queues',
  `SELECT type, count(*)::int AS waiting, ${age('min(since)')} AS "oldestSeconds"
     FROM ((SELECT vendor_type AS type, creation_time AS since FROM task WHERE status = 'Pending' LIMIT ${mostCounted})
           UNION ALL (SELECT vendor_type, creation_time FROM task WHERE status = 'Scheduled')) AS waiting GROUP BY type`,
);
const runningFigures = statement(
  'figures_running',
  `SELECT vendor_type AS type, pool, count(*)::int AS running FROM task WHERE status = 'Running' GROUP BY vendor_type, pool`,
);
const scheduleCount = statement('figures_schedules', 'SELECT count(*)::int AS schedules FROM schedule');
const replicationFigures = statement(
  'figures_replication',
  `SELECT policy.name AS policy, coalesce(${age('min(execution.start_time)')}, 0) AS "lagSeconds"
     FROM replication_policy policy
     LEFT JOIN execution ON execution.vendor_type = 'REPLICATION' AND execution.vendor_id = policy.id
                        AND execution.status = 'Running'
    WHERE policy.enabled GROUP BY policy.name`,
);
const outboxFigures = statement(
  'figures_outbox',
  `SELECT consumer, count(*)::int AS events, ${age('min(since)')} AS "oldestSeconds"
     FROM (SELECT consumer, creation_time AS since FROM outbox LIMIT ${mostCounted}) AS waiting GROUP BY consumer`,
);
const backlogFigure = statement(
  'figures_backlog',
  `SELECT (SELECT count(*) FROM (SELECT FROM blob_review WHERE not_before <= now() LIMIT ${mostCounted}) AS due)::int AS blobs,
          coalesce((SELECT ${age('min(not_before)')} FROM blob_review WHERE not_before <= now()), 0) AS "oldestSeconds",
          (SELECT count(*) FROM (SELECT FROM artifact_trash LIMIT ${mostCounted}) AS trash)::int AS trashed`,
);

/** What was pushed again meanwhile is whole. */
const damageFigures = statement(
  'figures_damage',
  `SELECT kind, count(*)::int AS blobs
     FROM (SELECT kind FROM blob_damage JOIN blob USING (digest) WHERE status = 'quarantined' LIMIT ${mostCounted}) AS damaged
    GROUP BY kind`,
);

/** Figures of the whole platform, none of which takes a look at every artifact or blob. */
@Injectable()
export class PlatformFigureRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** Whether this process is the one to tell them, for the next minute; the first that asks is. */
  async hold(id: string): Promise<boolean> {
    return (await this.store.sql.run(hold(id))) === 1;
  }

  async release(id: string): Promise<void> {
    await this.store.sql.run(sql(`UPDATE platform_figure_holder SET held_until = '-infinity' WHERE holder = $1`, id));
  }

  /** One statement after the other, so that one connection is enough. */
  async read(): Promise<PlatformFigures> {
    const { sql: db } = this.store;
    for (const fold of folds) await db.run(fold());
    return {
      projects: await db.rows<ProjectFigure>(projectFigures()),
      artifacts: await db.rows<ArtifactFigure>(artifactFigures()),
      queues: await db.rows<QueueFigure>(queueFigures()),
      running: await db.rows<RunningFigure>(runningFigures()),
      schedules: (await db.one<{ schedules: number }>(scheduleCount())).schedules,
      replication: await db.rows<ReplicationFigure>(replicationFigures()),
      outbox: await db.rows<OutboxFigure>(outboxFigures()),
      backlog: await db.one<BacklogFigure>(backlogFigure()),
      damage: await db.rows<DamageFigure>(damageFigures()),
    };
  }
}
