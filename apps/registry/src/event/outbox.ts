import { Inject, Injectable } from '@nestjs/common';
import { OutboxRelay, type OutboxConsumer, type OutboxRow } from '@haven/models';
import type { Logger } from '@haven/observability';
import { CoreClient } from '../core/core.client.js';
import { Databases } from '../database/databases.js';
import { ProjectionConsumer } from '../projection/projection.consumer.js';
import { LOGGER } from '../registry.config.js';
import { ChangeEvents } from './change.events.js';

/** Delivers what was written to the outbox: to core, and to the projection. */
@Injectable()
export class Outbox {
  /** Who is told of pushes and deletions. */
  readonly consumers: readonly OutboxConsumer[];
  private readonly relays: readonly OutboxRelay[];

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(CoreClient) core: CoreClient,
    @Inject(ChangeEvents) events: ChangeEvents,
    @Inject(ProjectionConsumer) projection: ProjectionConsumer,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.consumers = projection.isKept ? ['core', 'projection'] : ['core'];
    this.relays = [
      this.relay('core', async (rows) => core.deliverEvents(rows.flatMap((row) => events.of(row) ?? []))),
      // Also where no projection is kept: rows that core has written for one must not pile up.
      this.relay('projection', async (rows) => projection.follow(rows)),
    ];
  }

  start(): void {
    for (const relay of this.relays) relay.start();
  }

  /** Something was just written. */
  nudge(): void {
    for (const relay of this.relays) relay.nudge();
  }

  /** Finishes the deliveries under way. */
  async stop(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.stop()));
  }

  private relay(consumer: OutboxConsumer, deliver: (rows: readonly OutboxRow[]) => Promise<void>): OutboxRelay {
    return new OutboxRelay(this.databases.push, {
      consumer,
      deliver,
      onError: (error) => {
        this.log.warn({ err: error, consumer }, 'events not delivered, they are tried again');
      },
    });
  }
}
