import { Module } from '@nestjs/common';
import { TrafficController } from './traffic.controller.js';
import { TrafficEvents } from './traffic.events.js';
import { TrafficJob } from './traffic.job.js';
import { TrafficRepository } from './traffic.repository.js';
import { TrafficService } from './traffic.service.js';

@Module({
  controllers: [TrafficController],
  providers: [TrafficRepository, TrafficService, TrafficEvents, TrafficJob],
  exports: [TrafficEvents],
})
export class TrafficModule {}
