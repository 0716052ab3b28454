import { Module } from '@nestjs/common';
import { RegistryEventController } from './registry-event.controller.js';
import { RegistryEventService } from './registry-event.service.js';

@Module({ controllers: [RegistryEventController], providers: [RegistryEventService] })
export class RegistryEventModule {}
