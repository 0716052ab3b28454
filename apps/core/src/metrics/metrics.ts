import { OTHER, type Metrics, type Sample } from '@haven/observability';
import { outboxConsumers } from '@haven/models';
import { catalogue, jobTypes } from '@haven/queue';
import { mostCounted, type ProjectFigure } from './platform-figure.repository.js';
import type { Platform } from './platform-figure.service.js';

/** What is told of the platform as a whole, and how it is read. Harbor's exporter has the names that begin with `harbor`. */
type Row = [
  name: string,
  help: string,
  labels: readonly string[],
  read: (platform: Platform) => Iterable<Sample<string>>,
];

type Only = (platform: Platform) => number;
const single = (name: string, help: string, read: Only): Row => [name, help, [], (platform) => [[{}, read(platform)]]];

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);
const asNumber = (status: string): number => Number(status === 'healthy');
const isOpen = ({ isPublic }: ProjectFigure): boolean => isPublic;
const isClosed = ({ isPublic }: ProjectFigure): boolean => !isPublic;

const health: readonly Row[] = [
  single('harbor_health', 'Whether all of the platform is well.', ({ health }) => asNumber(health.status)),
  [
    'harbor_up',
    'Whether a part of the platform is well.',
    ['component'],
    ({ health }) => health.components.map(({ name, status }) => [{ component: name }, asNumber(status)]),
  ],
  [
    'harbor_system_info',
    'What this is.',
    ['auth_mode', 'harbor_version', 'self_registration'],
    ({ info }) => [[{ ...info }, 1]],
  ],
  single(
    'haven_platform_figures_time_seconds',
    'When the figures of the platform were read (Unix time).',
    ({ readAt }) => Math.round(readAt.getTime() / 1_000),
  ),
];

const repositoriesOf = (projects: readonly ProjectFigure[]): number => sumOf(projects, (one) => one.repositories);
const totals: readonly Row[] = [
  single('harbor_statistics_total_project_amount', 'Projects.', ({ projects }) => projects.length),
  single(
    'harbor_statistics_public_project_amount',
    'Public projects.',
    ({ projects }) => projects.filter(isOpen).length,
  ),
  single(
    'harbor_statistics_private_project_amount',
    'Private projects.',
    ({ projects }) => projects.filter(isClosed).length,
  ),
  single('harbor_statistics_total_repo_amount', 'Repositories.', ({ projects }) => repositoriesOf(projects)),
  single('harbor_statistics_public_repo_amount', 'Repositories of public projects.', ({ projects }) =>
    repositoriesOf(projects.filter(isOpen)),
  ),
  single('harbor_statistics_private_repo_amount', 'Repositories of private projects.', ({ projects }) =>
    repositoriesOf(projects.filter(isClosed)),
  ),
  single(
    'harbor_statistics_total_storage_consumption',
    'Bytes that projects are charged for; what two of them have counts twice.',
    ({ projects }) => sumOf(projects, ({ usedBytes }) => usedBytes),
  ),
];

const byProject =
  (read: (project: ProjectFigure) => number) =>
  ({ projects, labelOf }: Platform): Sample<string>[] =>
    projects.map((one) => [{ project_name: labelOf(one.project) }, read(one)]);
const visibility = (isPublic: boolean) => ({ public: String(isPublic) });
const name = ['project_name'] as const;
const projects: readonly Row[] = [
  [
    'harbor_project_total',
    'Projects.',
    ['public'],
    ({ projects }) => projects.map(({ isPublic }) => [visibility(isPublic), 1]),
  ],
  [
    'harbor_project_repo_total',
    'Repositories of a project.',
    ['project_name', 'public'],
    ({ projects, labelOf }) =>
      projects.map((one) => [{ project_name: labelOf(one.project), ...visibility(one.isPublic) }, one.repositories]),
  ],
  [
    'harbor_project_artifact_total',
    'Artifacts of a project.',
    ['project_name', 'public', 'artifact_type'],
    ({ artifacts, labelOf }) =>
      artifacts.map(({ project, isPublic, type, artifacts: count }) => [
        { project_name: labelOf(project), ...visibility(isPublic), artifact_type: type },
        count,
      ]),
  ],
  ['harbor_project_member_total', 'Users who are members of a project.', name, byProject(({ members }) => members)],
  [
    'harbor_project_quota_usage_byte',
    'Bytes that a project is charged for.',
    name,
    byProject(({ usedBytes }) => usedBytes),
  ],
  [
    'harbor_project_quota_byte',
    'Bytes that a project may use; -1 is no limit.',
    name,
    ({ projects, labelOf }) =>
      projects.flatMap(({ project, hardBytes }): Sample<string>[] =>
        labelOf(project) === OTHER ? [] : [[{ project_name: project }, hardBytes]],
      ),
  ],
  ['harbor_artifact_pulled', 'Pulls from a project, of all time.', name, byProject(({ pulls }) => pulls)],
];

/** What nothing is known of is 0, not absent: to those who look, no queue and no answer are two things. */
const noJobs = jobTypes.map((type): Sample<string> => [{ type }, 0]);
const noneRunning = jobTypes.map((type): Sample<string> => [{ type, pool: catalogue[type].pool }, 0]);
const noEvents = outboxConsumers.map((consumer): Sample<string> => [{ consumer }, 0]);

const noDamage = ['corrupt', 'missing'].map((kind): Sample<string> => [{ kind }, 0]);

const upTo = `counted up to ${mostCounted}`;
const work: readonly Row[] = [
  [
    'harbor_task_queue_size',
    `Jobs that wait, ${upTo}.`,
    ['type'],
    ({ queues }) => [...noJobs, ...queues.map(({ type, waiting }): Sample<string> => [{ type }, waiting])],
  ],
  [
    'harbor_task_queue_latency',
    'For how long the oldest of them has waited, in seconds.',
    ['type'],
    ({ queues }) => [...noJobs, ...queues.map(({ type, oldestSeconds }): Sample<string> => [{ type }, oldestSeconds])],
  ],
  [
    'harbor_task_concurrency',
    'Jobs that run.',
    ['type', 'pool'],
    ({ running }) => [
      ...noneRunning,
      ...running.map(({ type, pool, running: count }): Sample<string> => [{ type, pool }, count]),
    ],
  ],
  single('harbor_task_scheduled_total', 'Schedules.', ({ schedules }) => schedules),
  [
    'haven_replication_lag_seconds',
    'Since when the oldest run of a policy that is not through yet is on its way.',
    ['policy'],
    ({ replication }) => replication.map(({ policy, lagSeconds }) => [{ policy }, lagSeconds]),
  ],
  [
    'haven_outbox_events',
    `Events that are not delivered yet, ${upTo}.`,
    ['consumer'],
    ({ outbox }) => [...noEvents, ...outbox.map(({ consumer, events }): Sample<string> => [{ consumer }, events])],
  ],
  [
    'haven_outbox_oldest_seconds',
    'Age of the oldest of them.',
    ['consumer'],
    ({ outbox }) => [
      ...noEvents,
      ...outbox.map(({ consumer, oldestSeconds }): Sample<string> => [{ consumer }, oldestSeconds]),
    ],
  ],
  single('haven_gc_backlog_blobs', `Blobs that are due to be looked at, ${upTo}.`, ({ backlog }) => backlog.blobs),
  single(
    'haven_gc_backlog_oldest_seconds',
    'How long the oldest of them is overdue.',
    ({ backlog }) => backlog.oldestSeconds,
  ),
  single('haven_trash_artifacts', `Artifacts in the trash, ${upTo}.`, ({ backlog }) => backlog.trashed),
  [
    'haven_damaged_blobs',
    `Blobs whose file is gone or holds other bytes, until they are pushed again, ${upTo}.`,
    ['kind'],
    ({ damage }) => [...noDamage, ...damage.map(({ kind, blobs }): Sample<string> => [{ kind }, blobs])],
  ],
];

/** @param latest null while another replica tells these figures */
export function tellPlatform(metrics: Metrics, latest: () => Platform | null): void {
  for (const [name, help, labels, read] of [...health, ...totals, ...projects, ...work]) {
    metrics.gauges(name, help, labels, () => {
      const platform = latest();
      return platform === null ? [] : read(platform);
    });
  }
}
