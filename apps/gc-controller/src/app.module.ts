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
import { FilesystemBlobStore } from '@haven/storage';
import { Collector } from './collect/collector.service.js';
import { ContinuousCollector } from './collect/continuous-collector.js';
import { GarbageCollectionJob } from './collect/garbage-collection.job.js';
import { RemovedFiles } from './collect/removed-files.js';
import { GC_CONFIG, LOGGER, type GcConfig } from './gc.config.js';
import { GcMetrics } from './metrics.js';

const connections = 3;

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
    ...{ pool: 'collect', concurrency: 1, db, handlers, log, redisUrl: config.redisUrl },
    metrics: new JobMetrics(metrics),
  });

const collector = (config: GcConfig, db: Database, files: RemovedFiles, metrics: Metrics): Collector =>
  new Collector(db, files, config, new GcMetrics(metrics));

/** What collects: all the time, and for whoever asks for it. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(WorkerPool) private readonly pool: WorkerPool,
    @Inject(ContinuousCollector) private readonly continuous: ContinuousCollector,
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
        GarbageCollectionJob,
        {
          provide: HandlerTable,
          inject: [GarbageCollectionJob],
          useFactory: (...all: unknown[]) => new HandlerTable(['collect'], all),
        },
        { provide: WorkerPool, inject: [GC_CONFIG, LOGGER, Database, HandlerTable, Metrics], useFactory: workerPool },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.pool.start();
    this.continuous.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.continuous.stop();
    await this.pool.stop();
    await this.db.close();
  }
}
