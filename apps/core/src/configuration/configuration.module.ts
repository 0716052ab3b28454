import { Global, Module } from '@nestjs/common';
import { ConfigurationChangeService } from './configuration-change.service.js';
import { ConfigurationController } from './configuration.controller.js';
import { ConfigurationRepository } from './configuration.repository.js';
import { ConfigurationService } from './configuration.service.js';

/** Runtime settings are asked for everywhere. */
@Global()
@Module({
  controllers: [ConfigurationController],
  providers: [ConfigurationService, ConfigurationChangeService, ConfigurationRepository],
  exports: [ConfigurationService],
})
export class ConfigurationModule {}
