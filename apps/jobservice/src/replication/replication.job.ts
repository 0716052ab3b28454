import { Inject, Injectable } from '@nestjs/common';
import { isDigest } from '@haven/oci';
import { PermanentJobError, type JobContext, type JobHandler, type JobParameters } from '@haven/queue';
import { JobserviceMetrics } from '../metrics.js';
import { ArtifactCopy } from './artifact-copy.js';
import { forEachOf } from './in-parallel.js';
import { asJobError } from './replication-error.js';
import type { SourceArtifact } from './replication-end.js';
import { ReplicationRepository, type Replication } from './replication.repository.js';

type Work = JobParameters<'REPLICATION'>;

const artifactsAtOnce = 3;
const chunkSizeBytes = 10 * 1_024 * 1_024;

/** Copies to one repository of the target, or deletes from it. */
@Injectable()
export class ReplicationJob implements JobHandler<'REPLICATION'> {
  readonly job = 'REPLICATION';

  constructor(
    @Inject(ReplicationRepository) private readonly replications: ReplicationRepository,
    @Inject(JobserviceMetrics) private readonly metrics: JobserviceMetrics,
  ) {}

  async run(work: Work, context: JobContext): Promise<void> {
    try {
      const replication = await this.replications.open(work.policyId);
      if (work.operation === 'copy') await this.copy(replication, work, context);
      else await this.delete(replication, work, context);
    } catch (error) {
      throw asJobError(error, context.signal);
    }
  }

  private async copy({ policy, source, target }: Replication, work: Work, context: JobContext): Promise<void> {
    const { signal, log } = context;
    const artifacts = work.artifacts as SourceArtifact[];
    const platformId = await source.platformId(signal);
    const progress = new Progress(context, artifacts.length);
    const counted = this.metrics.copying(policy.name);
    const copy = new ArtifactCopy(
      { client: await source.client(work.source), repository: work.source },
      { client: await target.client(work.target), repository: work.target },
      {
        speedKilobytes: policy.speedKilobytes,
        chunkSizeBytes: policy.copiesByChunk && target.takesChunks ? chunkSizeBytes : undefined,
        path: platformId === null ? null : [...work.origin.filter((id) => id !== platformId), platformId],
        pushes: await source.pushes(work.source, artifacts.flatMap(tagsOf)),
        signal,
        onBytes: (bytes) => {
          progress.sent(bytes);
          counted.sent(bytes);
        },
        uploads: progress.uploads,
        onUpload: (digest, location) => {
          progress.uploading(digest, location);
        },
      },
    );
    await forEachOf(artifacts, artifactsAtOnce, async (artifact) => {
      const done = await copy.copy(artifact);
      await this.replications.remember(policy.id, work.target, done);
      const names = artifact.tags.length === 0 ? artifact.digest : artifact.tags.join(', ');
      log.info(`${work.source}: ${names} copied to ${work.target}`);
      progress.copied();
      counted.copied();
    });
    log.info(`${artifacts.length} artifacts copied, ${progress.bytes} bytes sent`);
  }

  private async delete({ policy, target }: Replication, work: Work, context: JobContext): Promise<void> {
    const { signal, log } = context;
    for (const { digest, tags } of work.artifacts) {
      if (!isDigest(digest)) throw new PermanentJobError(`${digest} is no digest`);
      if (work.operation === 'deletion') {
        const isGone = !(await target.deleteArtifact(work.target, digest, signal));
        log.info(`${work.target}@${digest} ${isGone ? 'was not there' : 'deleted'}`);
      } else if (!target.deletesTags) {
        throw new PermanentJobError(`${target.name} does not delete single tags`);
      } else {
        for (const tag of tags) {
          const isGone = !(await target.deleteTag(work.target, tag, signal));
          log.info(`${work.target}:${tag} ${isGone ? 'was not there' : 'deleted'}`);
        }
      }
      await this.replications.forget(policy.id, work.target, work.operation === 'deletion' ? [digest] : tags);
    }
  }
}

const tagsOf = ({ tags, companions }: SourceArtifact): string[] => [
  ...tags,
  ...companions.flatMap(({ tags: its }) => its),
];

/** How far a task has come, as it is shown beside Harbor's fields. */
class Progress {
  private readonly startedAt = Date.now();
  private artifacts = 0;
  bytes = 0;
  /** Where uploads of large blobs go on: kept with the task, for whoever has to go on with it. */
  readonly uploads: Record<string, string>;

  constructor(
    private readonly context: JobContext,
    private readonly total: number,
  ) {
    this.uploads = { ...(context.attributes['uploads'] as Record<string, string> | undefined) };
  }

  uploading(digest: string, location: string): void {
    this.uploads[digest] = location;
    this.show();
  }

  sent(bytes: number): void {
    this.bytes += bytes;
    this.show();
  }

  copied(): void {
    this.artifacts += 1;
    this.show();
  }

  private show(): void {
    const seconds = Math.max((Date.now() - this.startedAt) / 1_000, 0.001);
    const left = this.artifacts === 0 ? undefined : ((this.total - this.artifacts) * seconds) / this.artifacts;
    this.context.report({
      ...this.context.attributes,
      uploads: this.uploads,
      progress: {
        artifacts: this.artifacts,
        artifacts_total: this.total,
        bytes: this.bytes,
        bytes_per_second: Math.round(this.bytes / seconds),
        ...(left === undefined ? {} : { seconds_left: Math.round(left) }),
      },
    });
  }
}
