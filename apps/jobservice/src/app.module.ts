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
import { ExecutionSweepJob } from './execution-sweep/execution-sweep.job.js';
import { JOBSERVICE_CONFIG, LOGGER, type JobserviceConfig } from './jobservice.config.js';
import { JobserviceMetrics } from './metrics.js';
import { PurgeAuditLogJob } from './purge/purge-audit-log.job.js';
import { LocalEnd } from './replication/local.end.js';
import { outboundProviders } from './replication/outbound.js';
import { ReplicationPlanJob } from './replication/replication-plan.job.js';
import { ReplicationJob } from './replication/replication.job.js';
import { ReplicationRepository } from './replication/replication.repository.js';
import { RetentionPlanJob } from './retention/retention-plan.job.js';
import { RetentionJob } from './retention/retention.job.js';
import { RetentionRepository } from './retention/retention.repository.js';
import { Scheduler } from './schedule/scheduler.js';
import { Delivery } from './webhook/delivery.service.js';
import { SlackJob, WebhookJob } from './webhook/webhook.job.js';

/** One for each kind of job that this service runs. */
const handlers = [
  ExecutionSweepJob,
  PurgeAuditLogJob,
  ReplicationPlanJob,
  ReplicationJob,
  RetentionPlanJob,
  RetentionJob,
  SlackJob,
  WebhookJob,
];

const connections = 6;

function connect(config: JobserviceConfig, metrics: Metrics): Database {
  const db = Database.connect(config.database, { applicationName: 'haven-jobservice', connections });
  reportPools(metrics, { jobservice: db });
  return db;
}

const WORKER_POOLS = Symbol('worker pools');

function workerPools(
  config: JobserviceConfig,
  log: Logger,
  db: Database,
  handlers: HandlerTable,
  metrics: Metrics,
): WorkerPool[] {
  const shared = { db, handlers, log, redisUrl: config.redisUrl, metrics: new JobMetrics(metrics) };
  return [
    new WorkerPool({ ...shared, pool: 'general', concurrency: config.jobWorkers }),
    new WorkerPool({ ...shared, pool: 'transfer', concurrency: config.transferWorkers }),
  ];
}

/** What runs jobs: the workers, their handlers, and the clock that starts what is scheduled. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(WORKER_POOLS) private readonly pools: readonly WorkerPool[],
    @Inject(Scheduler) private readonly scheduler: Scheduler,
    @Inject(Database) private readonly db: Database,
  ) {}

  static with(config: JobserviceConfig, log: Logger): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: JOBSERVICE_CONFIG, useValue: config },
        { provide: LOGGER, useValue: log },
        Metrics,
        JobserviceMetrics,
        { provide: Database, useFactory: connect, inject: [JOBSERVICE_CONFIG, Metrics] },
        Scheduler,
        ...outboundProviders,
        LocalEnd,
        ReplicationRepository,
        Delivery,
        RetentionRepository,
        ...handlers,
        {
          provide: HandlerTable,
          inject: handlers,
          useFactory: (...all: unknown[]) => new HandlerTable(['general', 'transfer'], all),
        },
        {
          provide: WORKER_POOLS,
          inject: [JOBSERVICE_CONFIG, LOGGER, Database, HandlerTable, Metrics],
          useFactory: workerPools,
        },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.scheduler.start();
    await Promise.all(this.pools.map((pool) => pool.start()));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.scheduler.stop();
    await Promise.all(this.pools.map((pool) => pool.stop()));
    await this.db.close();
  }
}
