import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { OutboxRelay, type OutboxRow } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { Logger } from '@haven/observability';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { LOGGER } from '../logger.module.js';
import { syslogFrame, type ForwardedEntry } from './syslog-frame.js';
import { sendToSyslog } from './syslog.client.js';

/** Sends what is noted in the audit log to the syslog server that the settings name: at least once, in order of a batch. */
@Injectable()
export class AuditForwardService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly relay: OutboxRelay;

  constructor(
    @Inject(ModelStore) store: ModelStore,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(LOGGER) log: Logger,
  ) {
    this.relay = new OutboxRelay(store.sql, {
      consumer: 'audit-forward',
      deliver: (rows) => this.deliver(rows),
      onError: (error) => {
        log.warn({ err: error }, 'audit log not forwarded, it is tried again');
      },
    });
  }

  onApplicationBootstrap(): void {
    this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }

  private async deliver(rows: readonly OutboxRow[]): Promise<void> {
    const endpoint = this.configuration.value('audit_log_forward_endpoint');
    // Switched off since: there is nowhere left to send them to.
    if (endpoint === '') return;
    await sendToSyslog(
      endpoint,
      rows.map((row) => syslogFrame(row.payload as ForwardedEntry)),
    );
  }
}
