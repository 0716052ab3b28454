import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { OTHER, type Logger } from '@haven/observability';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { HealthService, type OverallHealth } from '../health/health.service.js';
import { LOGGER } from '../logger.module.js';
import { version } from '../system-info/system-info.service.js';
import { PlatformFigureRepository, type PlatformFigures } from './platform-figure.repository.js';

const everyMs = 15_000;

/** The platform as it was a moment ago. */
export interface Platform extends PlatformFigures {
  health: OverallHealth;
  info: Readonly<Record<'auth_mode' | 'harbor_version' | 'self_registration', string>>;
  readAt: Date;
  /** What metrics call a project: its name, or what stands for all that have no metrics of their own. */
  labelOf: (project: string) => string;
}

/**
 * Reads the figures of the whole platform every few seconds, so that no scrape asks the database. Of all replicas one
 * does so, and the others tell none: sums over replicas are right.
 */
@Injectable()
export class PlatformFigureService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Null while another process tells them. */
  latest: Platform | null = null;
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | null = null;

  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(PlatformFigureRepository) private readonly repository: PlatformFigureRepository,
    @Inject(HealthService) private readonly healthService: HealthService,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.refresh(), everyMs);
    this.timer.unref();
    void this.refresh();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
    if (this.latest !== null) await this.repository.release(this.id).catch(() => undefined);
  }

  /** Reads them now, unless that is being done. Does not reject. */
  refresh(): Promise<void> {
    this.round ??= this.read().finally(() => {
      this.round = null;
    });
    return this.round;
  }

  /** While the database is away the last figures stay, with the health of this moment. */
  private async read(): Promise<void> {
    try {
      const isHolder = await this.repository.hold(this.id);
      const figures = isHolder ? await this.repository.read() : null;
      this.latest = figures && {
        ...figures,
        ...(await this.state()),
        readAt: new Date(),
        labelOf: this.labels(figures),
      };
    } catch (error) {
      this.log.warn({ err: error }, 'figures of the platform not read, will be tried again');
      if (this.latest !== null) this.latest = { ...this.latest, ...(await this.state()) };
    }
  }

  private async state(): Promise<Pick<Platform, 'health' | 'info'>> {
    return {
      health: await this.healthService.overall(),
      info: {
        auth_mode: this.configuration.value('auth_mode'),
        harbor_version: version,
        self_registration: String(this.configuration.value('self_registration')),
      },
    };
  }

  /** Those that use most have metrics of their own. */
  private labels({ projects }: PlatformFigures): (project: string) => string {
    const own = new Set(projects.slice(0, this.config.metricsProjects).map(({ project }) => project));
    return (project) => (own.has(project) ? project : OTHER);
  }
}
