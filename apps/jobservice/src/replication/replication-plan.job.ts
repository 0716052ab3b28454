import { Inject, Injectable } from '@nestjs/common';
import { selectsRepository, selectTags, targetRepository } from '@haven/models';
import { isDigest } from '@haven/oci';
import type { JobContext, JobHandler, JobParameters, NewTask } from '@haven/queue';
import { forEachOf } from './in-parallel.js';
import { LocalEnd } from './local.end.js';
import { compareRepository } from './replication-diff.js';
import type { SourceArtifact } from './replication-end.js';
import { asJobError } from './replication-error.js';
import { ReplicationRepository, type Replication } from './replication.repository.js';

type Plan = JobParameters<'REPLICATION_PLAN'>;
type Event = NonNullable<Plan['event']>;
type Operation = JobParameters<'REPLICATION'>['operation'];

const repositoriesAtOnce = 4;
const questionsAtOnce = 8;
/** A longer list of one repository becomes several tasks. */
const artifactsOfTask = 500;

/** Finds out what a policy has to copy or delete, and makes a task for each repository. */
@Injectable()
export class ReplicationPlanJob implements JobHandler<'REPLICATION_PLAN'> {
  readonly job = 'REPLICATION_PLAN';

  constructor(
    @Inject(ReplicationRepository) private readonly replications: ReplicationRepository,
    @Inject(LocalEnd) private readonly local: LocalEnd,
  ) {}

  async run({ policyId, event }: Plan, context: JobContext): Promise<void> {
    try {
      const replication = await this.replications.open(policyId);
      const { target } = replication;
      const platformId = await target.platformId(context.signal);
      if (event !== undefined && platformId !== null && event.origin.includes(platformId)) {
        context.log.info(`${target.name} has this from itself: nothing to do`);
        return;
      }
      const planned = await (event === undefined
        ? this.planAll(replication, context)
        : this.planEvent(replication, event, context));
      context.log.info(planned === 0 ? 'no resources need to be replicated' : `${planned} tasks made`);
    } catch (error) {
      throw asJobError(error, context.signal);
    }
  }

  private async planAll(replication: Replication, context: JobContext): Promise<number> {
    const { policy, source } = replication;
    const { signal } = context;
    let planned = 0;
    await forEachOf(source.repositories(policy.filters, signal), repositoriesAtOnce, async (repository) => {
      signal.throwIfAborted();
      const target = nameAtTarget(replication, repository);
      const artifacts = await source.artifacts(repository, policy.filters, signal);
      const copies = await this.missing(replication, target, artifacts, context);
      if (copies.length === 0) return;
      await replication.target.prepare([target], signal);
      const tasks = slices(copies).map((some) => taskOf(replication, 'copy', repository, target, some));
      await context.addTasks(tasks);
      planned += tasks.length;
    });
    return planned;
  }

  private async missing(
    { policy, target: end }: Replication,
    target: string,
    artifacts: readonly SourceArtifact[],
    { signal, log }: JobContext,
  ): Promise<SourceArtifact[]> {
    if (artifacts.length === 0) return [];
    const remembered = await this.replications.remembered(policy.id, target);
    const diff = compareRepository(artifacts, await end.inventory(target, signal), remembered, policy.overrides);
    const copies = [...diff.copies];
    const known = new Map<string, string>();
    const client = await end.client(target);
    await forEachOf(diff.unsure, questionsAtOnce, async ({ artifact, tag }) => {
      const there = await client.headManifest(target, tag, signal);
      if (there?.digest === artifact.digest) known.set(tag, artifact.digest);
      else if (there === null || policy.overrides) copies.push({ ...artifact, tags: [tag] });
      else diff.kept.push(tag);
    });
    await this.replications.remember(policy.id, target, known);
    if (diff.kept.length > 0) log.info(`${target}: ${diff.kept.length} tags stand for something else and are kept`);
    return copies;
  }

  private async planEvent(replication: Replication, event: Event, context: JobContext): Promise<number> {
    const { policy } = replication;
    const { repository } = event;
    if (!selectsRepository(policy.filters, repository)) return 0;
    const target = nameAtTarget(replication, repository);
    const { signal } = context;
    if (event.type !== 'artifact_push') {
      if (event.digest === undefined || !isDigest(event.digest)) return 0;
      const deleted = { digest: event.digest, tags: event.tags, companions: [] };
      const operation = event.type === 'tag_delete' ? 'tag deletion' : 'deletion';
      await context.addTasks([taskOf(replication, operation, repository, target, [deleted], event.origin)]);
      return 1;
    }
    const artifact = await this.local.artifact(repository, event.digest ?? '');
    // Deleted meanwhile, or part of an index, which brings it along.
    if (artifact === null) return 0;
    const { digest, tags, subjectTags } = artifact;
    const meant = selectTags(policy.filters, { ...artifact, tags: subjectTags ?? tags });
    if (meant === null) return 0;
    const pushed = subjectTags === null ? meant.filter((tag) => event.tags.includes(tag)) : tags;
    // Another of its tags was pushed than those that are meant.
    if (pushed.length === 0 && event.tags.length > 0) return 0;
    await replication.target.prepare([target], signal);
    const copies = [{ digest, tags: pushed, companions: [] }];
    await context.addTasks([taskOf(replication, 'copy', repository, target, copies, event.origin)]);
    return 1;
  }
}

const nameAtTarget = ({ policy, target }: Replication, repository: string): string =>
  targetRepository(repository, policy.namespace, policy.replaceCount, target.limits);

const slices = (artifacts: readonly SourceArtifact[]): SourceArtifact[][] =>
  Array.from({ length: Math.ceil(artifacts.length / artifactsOfTask) }, (_slice, index) =>
    artifacts.slice(index * artifactsOfTask, (index + 1) * artifactsOfTask),
  );

const items = (artifacts: readonly SourceArtifact[]): string => {
  const count = artifacts.reduce((sum, { tags }) => sum + Math.max(tags.length, 1), 0);
  return `[${count} item(s) in total]`;
};

function taskOf(
  { policy }: Replication,
  operation: Operation,
  source: string,
  target: string,
  artifacts: SourceArtifact[],
  origin: readonly string[] = [],
): NewTask {
  return {
    job: 'REPLICATION',
    lane: `replication:${policy.id}`,
    parameters: { policyId: policy.id, operation, source, target, artifacts, origin: [...origin] },
    attributes: {
      operation,
      resource_type: 'image',
      src_resource: `${source} ${items(artifacts)}`,
      dst_resource: `${target} ${items(artifacts)}`,
    },
  };
}
