import { Inject, Injectable } from '@nestjs/common';
import { Database, formatBytes } from '@haven/models';
import type { JobContext, JobHandler, JobParameters } from '@haven/queue';
import { GC_CONFIG, type CollectRules } from '../gc.config.js';
import { Collector } from './collector.service.js';
import { findEligible, trashUntagged } from './eligible.repository.js';

/** A collection that somebody asked for: the queue that is worked off all the time, now, and told in Harbor's words. */
@Injectable()
export class GarbageCollectionJob implements JobHandler<'GARBAGE_COLLECTION'> {
  readonly job = 'GARBAGE_COLLECTION';

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(Collector) private readonly collector: Collector,
    @Inject(GC_CONFIG) private readonly rules: CollectRules,
  ) {}

  async run(parameters: JobParameters<'GARBAGE_COLLECTION'>, context: JobContext): Promise<void> {
    const { log, signal, report } = context;
    const { deleteUntagged, emptyTrash, isDry, workers } = parameters;
    const { timeWindowHours, trashDays } = this.rules;
    const windowSeconds = timeWindowHours * 3600;
    log.info(
      `Garbage Collection parameters: [delete_untagged: ${deleteUntagged}, empty_trash: ${emptyTrash}, dry_run: ${isDry}, workers: ${workers}, time_window: ${timeWindowHours}]`,
    );
    log.info(`start to run gc in job.`);
    const question = { deleteUntagged, emptyTrash, trashDays, windowSeconds };
    const { blobs, manifests, bytes } = await findEligible(this.db, question);
    log.info(`${blobs} blobs and ${manifests} manifests eligible for deletion`);
    log.info(`The GC could free up ${formatBytes(bytes)} space.`);
    if (isDry) {
      report({ eligible_blobs: blobs, eligible_manifests: manifests, eligible_space: bytes });
      log.info('success to run gc in job.');
      return;
    }
    if (deleteUntagged) {
      const trashed = await trashUntagged(this.db, windowSeconds, signal);
      log.info(`${trashed} untagged artifacts deleted`);
    }
    const freed = await this.collector.run(signal, emptyTrash, workers);
    report({ freed_space: freed.bytes, purged_blobs: freed.blobs, purged_manifests: freed.manifests });
    log.info(`${freed.blobs} blobs and ${freed.manifests} manifests were deleted, ${freed.kept} are still in use`);
    log.info(`The GC job actual frees up ${formatBytes(freed.bytes)} space.`);
    log.info('success to run gc in job.');
  }
}
