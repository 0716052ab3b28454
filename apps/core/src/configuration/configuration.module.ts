import { Global, Module } from '@nestjs/common';
import { ConfigurationService } from './configuration.service.js';

/** Runtime settings are asked for everywhere. */
@Global()
@Module({ providers: [ConfigurationService], exports: [ConfigurationService] })
export class ConfigurationModule {}
