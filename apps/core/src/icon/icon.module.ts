import { Module } from '@nestjs/common';
import { RegistryClient } from '../registry/registry.client.js';
import { IconController } from './icon.controller.js';
import { IconService } from './icon.service.js';

@Module({ controllers: [IconController], providers: [IconService, RegistryClient] })
export class IconModule {}
