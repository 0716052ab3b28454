import { Module } from '@nestjs/common';
import { RegistryEndpointController } from './registry-endpoint.controller.js';
import { RegistryEndpointRepository } from './registry-endpoint.repository.js';
import { RegistryEndpointService } from './registry-endpoint.service.js';
import { RegistryHealthService } from './registry-health.service.js';
import { RegistryProbe } from './registry-probe.service.js';

@Module({
  controllers: [RegistryEndpointController],
  providers: [RegistryEndpointService, RegistryEndpointRepository, RegistryProbe, RegistryHealthService],
})
export class RegistryEndpointModule {}
