import { Module } from '@nestjs/common';
import { OperationModule } from '../operation/operation.module.js';
import { ReplicationEvents } from '../replication/replication.events.js';
import { TrafficModule } from '../traffic/traffic.module.js';
import { QuotaExceededEvents } from '../webhook/quota-exceeded.events.js';
import { QuotaWarningEvents } from '../webhook/quota-warning.events.js';
import { WebhookEvents } from '../webhook/webhook.events.js';
import { WebhookModule } from '../webhook/webhook.module.js';
import { EVENT_LISTENERS, type EventListener } from './event-listener.js';
import { RegistryEventController } from './registry-event.controller.js';
import { RegistryEventService } from './registry-event.service.js';

const listeners = [ReplicationEvents, WebhookEvents, QuotaWarningEvents, QuotaExceededEvents];

@Module({
  imports: [OperationModule, TrafficModule, WebhookModule],
  controllers: [RegistryEventController],
  providers: [
    RegistryEventService,
    ReplicationEvents,
    { provide: EVENT_LISTENERS, inject: listeners, useFactory: (...all: EventListener[]) => all },
  ],
})
export class RegistryEventModule {}
