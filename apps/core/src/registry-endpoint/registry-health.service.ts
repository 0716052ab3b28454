import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '@haven/observability';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { RegistryEndpointRepository, type ClaimedCheck } from './registry-endpoint.repository.js';
import { RegistryProbe } from './registry-probe.service.js';

/** Registries that are asked at once. */
const together = 4;
const longestPauseMs = 15_000;

/** Looks at every registry now and then. Each look is claimed in the database, so that replicas share the work. */
@Injectable()
export class RegistryHealthService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> | null = null;
  private readonly stopping = new AbortController();

  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(RegistryEndpointRepository) private readonly registries: RegistryEndpointRepository,
    @Inject(RegistryProbe) private readonly probe: RegistryProbe,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const pauseMs = Math.min(longestPauseMs, this.config.registryCheckSeconds * 1_000);
    this.timer = setInterval(() => void this.checkDue(), pauseMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.round;
  }

  /** Looks at those that are due, unless that is being done. */
  checkDue(): Promise<unknown> {
    this.round ??= Promise.all(Array.from({ length: together }, () => this.work()))
      .catch((error: unknown) => {
        this.log.warn({ err: error }, 'registries not checked, will be tried again');
      })
      .finally(() => {
        this.round = null;
      });
    return this.round;
  }

  private async work(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const claimed = await this.registries.claimCheck(this.config.registryCheckSeconds);
      if (claimed === null) return;
      await this.check(claimed);
    }
  }

  private async check(claimed: ClaimedCheck): Promise<void> {
    const { signal } = this.stopping;
    const ailment = await this.probe.whatAils(claimed, signal).catch((error: unknown) => {
      if (!signal.aborted) this.log.error({ err: error, registry: claimed.name }, 'registry cannot be checked');
      return 'it cannot be checked: see the log';
    });
    // A look that was cut short says nothing.
    if (signal.aborted) return;
    const health = ailment === null ? 'healthy' : 'unhealthy';
    await this.registries.settleCheck(claimed, health, ailment ?? '');
    if (health !== claimed.health) this.log.info({ registry: claimed.name, reason: ailment }, `registry is ${health}`);
  }
}
