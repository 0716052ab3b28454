import { Global, Inject, Module } from '@nestjs/common';
import { ModelStore } from '@haven/models/orm';
import { Metrics, reportPools } from '@haven/observability';
import { HealthModule } from '../health/health.module.js';
import { tellPlatform } from './metrics.js';
import { PlatformFigureRepository } from './platform-figure.repository.js';
import { PlatformFigureService } from './platform-figure.service.js';

/** What core tells Prometheus: of itself, and, one replica of all, of the platform. */
@Global()
@Module({
  imports: [HealthModule],
  providers: [Metrics, PlatformFigureRepository, PlatformFigureService],
  exports: [Metrics],
})
export class MetricsModule {
  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(ModelStore) store: ModelStore,
    @Inject(PlatformFigureService) platform: PlatformFigureService,
  ) {
    reportPools(metrics, { core: store.sql });
    tellPlatform(metrics, () => platform.latest);
  }
}
