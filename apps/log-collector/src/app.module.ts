import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AccessService } from '@haven/http';
import { Metrics } from '@haven/observability';
import { FileFollower } from './follow/file-follower.js';
import { ForwardService } from './forward/forward.service.js';
import { IngestController } from './ingest/ingest.controller.js';
import { IngestService } from './ingest/ingest.service.js';
import { LabelSets } from './line/label-set.js';
import { LOG_COLLECTOR_CONFIG, LogCollectorConfigModule } from './log-collector.config.js';
import { LOGGER, LoggerModule } from './logger.module.js';
import { LokiController } from './loki/loki.controller.js';
import { LokiService } from './loki/loki.service.js';
import { logCollectorMetrics } from './metrics.js';
import { QueryController } from './query/query.controller.js';
import { QueryService } from './query/query.service.js';
import { TailService } from './query/tail.service.js';
import { follow, forward, openStore, serveSyslog } from './app.providers.js';
import { LogStore } from './store/log-store.js';
import { SyslogServer } from './syslog/syslog.server.js';

/** What takes lines, keeps them, and finds them again. */
@Module({
  imports: [LogCollectorConfigModule, LoggerModule],
  controllers: [IngestController, LokiController, QueryController],
  providers: [
    AccessService,
    LabelSets,
    { provide: LogStore, inject: [LOG_COLLECTOR_CONFIG, LOGGER], useFactory: openStore },
    { provide: SyslogServer, inject: [LOG_COLLECTOR_CONFIG, LOGGER, LogStore, LabelSets], useFactory: serveSyslog },
    { provide: FileFollower, inject: [LOG_COLLECTOR_CONFIG, LOGGER, LogStore, LabelSets], useFactory: follow },
    { provide: ForwardService, inject: [LOG_COLLECTOR_CONFIG, LOGGER, LogStore], useFactory: forward },
    IngestService,
    LokiService,
    QueryService,
    TailService,
    {
      provide: Metrics,
      inject: [LogStore, SyslogServer, TailService, ForwardService],
      useFactory: (store: LogStore, syslog: SyslogServer, tails: TailService, forwards: ForwardService) =>
        logCollectorMetrics({ store, syslog, tails, forwards }),
    },
  ],
})
export class AppModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(LogStore) private readonly store: LogStore,
    @Inject(SyslogServer) private readonly syslog: SyslogServer,
    @Inject(FileFollower) private readonly follower: FileFollower,
    @Inject(ForwardService) private readonly forwards: ForwardService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.syslog.listen();
    await this.follower.start();
    await this.forwards.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.syslog.close();
    await this.follower.stop();
    await this.forwards.stop();
  }

  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}
