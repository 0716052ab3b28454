import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Database } from '@haven/models';
import { Metrics, reportPools, type Logger } from '@haven/observability';
import { HandlerTable, JobMetrics, WorkerPool } from '@haven/queue/worker';
import { DistributionLayoutProjection, FilesystemBlobStore, StoredFiles } from '@haven/storage';
import { Collector } from './collect/collector.service.js';
import { ContinuousCollector } from './collect/continuous-collector.js';
import { GarbageCollectionJob } from './collect/garbage-collection.job.js';
import { RemovedFiles } from './collect/removed-files.js';
import { GC_CONFIG, LOGGER, type GcConfig } from './gc.config.js';
import { GcMetrics } from './metrics.js';
import { AsideSweep } from './scrub/aside-sweep.service.js';
import { DamageService, type ScrubbedStore } from './scrub/damage.service.js';
import { IntegrityScrub } from './scrub/integrity-scrub.service.js';
import { OrphanScrub } from './scrub/orphan-scrub.service.js';
import { ScrubJob } from './scrub/scrub.job.js';
import { ScrubMetrics } from './scrub/scrub-metrics.js';
import { UpkeepService } from './upkeep/upkeep.service.js';

const connections = 6;
/** A collection, and of each kind of scrub one by the clock and one by hand. */
const concurrency = 5;

function connect(config: GcConfig, metrics: Metrics): Database {
  const db = Database.connect(config.database, { applicationName: 'haven-gc', connections });
  reportPools(metrics, { gc: db });
  return db;
}

const workerPool = (
  config: GcConfig,
  log: Logger,
  db: Database,
  handlers: HandlerTable,
  metrics: Metrics,
): WorkerPool =>
  new WorkerPool({
    ...{ pool: 'collect', concurrency, db, handlers, log, redisUrl: config.redisUrl },
    metrics: new JobMetrics(metrics),
  });

const collector = (config: GcConfig, db: Database, files: RemovedFiles, metrics: Metrics): Collector =>
  new Collector(db, files, config, new GcMetrics(metrics));

/** With all that scrubs work with: it is nobody else's. */
function scrubJob(config: GcConfig, log: Logger, db: Database, metrics: Metrics): ScrubJob {
  const { storageRoot } = config;
  const store: ScrubbedStore = {
    files: new StoredFiles(storageRoot),
    blobs: new FilesystemBlobStore(storageRoot),
    projection: new DistributionLayoutProjection(storageRoot),
  };
  const damage = new DamageService(db, store);
  const orphans = new OrphanScrub(db, store, damage, new AsideSweep(db, store), config);
  return new ScrubJob(orphans, new IntegrityScrub(store, damage, config), new ScrubMetrics(metrics), log);
}

/** What collects: all the time, and for whoever asks for it. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(WorkerPool) private readonly pool: WorkerPool,
    @Inject(ContinuousCollector) private readonly continuous: ContinuousCollector,
    @Inject(UpkeepService) private readonly upkeep: UpkeepService,
    @Inject(Database) private readonly db: Database,
  ) {}

  static with(config: GcConfig, log: Logger): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: GC_CONFIG, useValue: config },
        { provide: LOGGER, useValue: log },
        Metrics,
        { provide: Database, useFactory: connect, inject: [GC_CONFIG, Metrics] },
        { provide: RemovedFiles, useValue: new RemovedFiles(new FilesystemBlobStore(config.storageRoot)) },
        { provide: Collector, useFactory: collector, inject: [GC_CONFIG, Database, RemovedFiles, Metrics] },
        ContinuousCollector,
        UpkeepService,
        GarbageCollectionJob,
        { provide: ScrubJob, useFactory: scrubJob, inject: [GC_CONFIG, LOGGER, Database, Metrics] },
        {
          provide: HandlerTable,
          inject: [GarbageCollectionJob, ScrubJob],
          useFactory: (...all: unknown[]) => new HandlerTable(['collect'], all),
        },
        { provide: WorkerPool, inject: [GC_CONFIG, LOGGER, Database, HandlerTable, Metrics], useFactory: workerPool },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.pool.start();
    this.continuous.start();
    this.upkeep.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.continuous.stop(), this.upkeep.stop()]);
    await this.pool.stop();
    await this.db.close();
  }
}
