import { Module } from '@nestjs/common';
import { RegistryClient } from '../registry/registry.client.js';
import { SystemInfoController } from './system-info.controller.js';
import { SystemInfoService } from './system-info.service.js';

@Module({ controllers: [SystemInfoController], providers: [SystemInfoService, RegistryClient] })
export class SystemInfoModule {}
