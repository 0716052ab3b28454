import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Metrics, type Logger } from '@haven/observability';
import { BasicExchange } from './access/basic.exchange.js';
import { TokenVerifier } from './access/token.verifier.js';
import { BlobDelivery } from './blob/blob-delivery.js';
import { BlobRepository } from './blob/blob.repository.js';
import { BlobRoutes } from './blob/blob.routes.js';
import { UnnamedBytes } from './blob/unnamed-bytes.service.js';
import { CatalogRoutes } from './catalog/catalog.routes.js';
import { CoreClient } from './core/core.client.js';
import { Databases } from './database/databases.js';
import { ChangeEvents } from './event/change.events.js';
import { EventOrigin } from './event/event-origin.js';
import { Outbox } from './event/outbox.js';
import { PullLog } from './event/pull.log.js';
import { ManifestPushService } from './manifest/manifest-push.service.js';
import { ManifestRepository } from './manifest/manifest.repository.js';
import { ManifestRoutes } from './manifest/manifest.routes.js';
import { ProjectionConsumer } from './projection/projection.consumer.js';
import { ProjectionRepository } from './projection/projection.repository.js';
import { PurgeJob } from './purge/purge.job.js';
import { PurgeRepository } from './purge/purge.repository.js';
import { UploadPurge } from './purge/upload-purge.service.js';
import { QuotaAlarm } from './quota/quota-alarm.js';
import { QuotaFold } from './quota/quota-fold.js';
import { ReferrerRoutes } from './referrer/referrer.routes.js';
import { LOGGER, REGISTRY_CONFIG, type RegistryConfig } from './registry.config.js';
import { StorageHealth } from './storage/storage-health.js';
import { storageProviders } from './storage/storage.providers.js';
import { TagRoutes } from './tag/tag.routes.js';
import { Traffic } from './traffic.js';
import { ReceivedLog } from './transfer/received.log.js';
import { TransferLog } from './transfer/transfer.log.js';
import { MountService } from './upload/mount.service.js';
import { RunningHashes } from './upload/running-hashes.js';
import { UploadCommitService } from './upload/upload-commit.service.js';
import { UploadSessionRepository } from './upload/upload-session.repository.js';
import { UploadWriterService } from './upload/upload-writer.service.js';
import { UploadRoutes } from './upload/upload.routes.js';
import { Gate } from './v2/gate.js';
import { ReadOnly } from './v2/read-only.js';
import { RouteTable } from './v2/route-table.js';
import type { Route } from './v2/route.js';

const access = [TokenVerifier, BasicExchange, Gate, ReadOnly];
const events = [
  EventOrigin,
  ChangeEvents,
  Outbox,
  PullLog,
  ProjectionConsumer,
  ProjectionRepository,
  QuotaFold,
  QuotaAlarm,
  TransferLog,
  ReceivedLog,
];
const uploads = [RunningHashes, UploadSessionRepository, UploadWriterService, UploadCommitService, MountService];
const purge = [PurgeRepository, UploadPurge, PurgeJob];
const content = [BlobRepository, UnnamedBytes, BlobDelivery, ManifestRepository, ManifestPushService];
const routes = [CatalogRoutes, TagRoutes, ManifestRoutes, BlobRoutes, UploadRoutes, ReferrerRoutes];

/** What goes on beside the requests. */
const background = [Outbox, QuotaFold, ReadOnly, PurgeJob, TransferLog, ReceivedLog];

interface BackgroundWork {
  start(): void | Promise<void>;
  stop(): Promise<void>;
}
const BACKGROUND_WORK = Symbol('background work');

/** The registry: what answers on /v2, and what works behind it. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(PullLog) private readonly pulls: PullLog,
    @Inject(BACKGROUND_WORK) private readonly background: readonly BackgroundWork[],
    @Inject(CoreClient) private readonly core: CoreClient,
    @Inject(Databases) private readonly databases: Databases,
  ) {}

  static with(config: RegistryConfig, log: Logger): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: REGISTRY_CONFIG, useValue: config },
        { provide: LOGGER, useValue: log },
        Metrics,
        { provide: Traffic, useValue: new Traffic(config.metricsProjects) },
        Databases,
        CoreClient,
        ...storageProviders,
        StorageHealth,
        ...access,
        ...events,
        ...uploads,
        ...purge,
        ...content,
        ...routes,
        { provide: BACKGROUND_WORK, inject: background, useFactory: (...work: BackgroundWork[]) => work },
        {
          provide: RouteTable,
          inject: routes,
          useFactory: (...parts: { routes: Route[] }[]) => new RouteTable(parts.flatMap((part) => part.routes)),
        },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.pulls.start();
    for (const work of this.background) await work.start();
  }

  /** No request is running any more: what is still to be told is told, then the pools go. */
  async onApplicationShutdown(): Promise<void> {
    await this.pulls.stop();
    await Promise.all(this.background.map((work) => work.stop()));
    await Promise.all([this.core.close(), this.databases.close()]);
  }
}
