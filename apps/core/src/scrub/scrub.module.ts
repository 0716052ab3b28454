import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { SystemScheduleModule } from '../system-schedule/system-schedule.module.js';
import { ScrubController } from './scrub.controller.js';
import { ScrubRepository } from './scrub.repository.js';
import { ScrubService } from './scrub.service.js';

@Module({
  imports: [ExecutionModule, SystemScheduleModule],
  controllers: [ScrubController],
  providers: [ScrubService, ScrubRepository],
})
export class ScrubModule {}
