import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { JobserviceController } from './jobservice.controller.js';
import { JobserviceRepository } from './jobservice.repository.js';
import { JobserviceService } from './jobservice.service.js';
import { ScheduleController } from './schedule.controller.js';

@Module({
  imports: [ExecutionModule],
  controllers: [JobserviceController, ScheduleController],
  providers: [JobserviceService, JobserviceRepository],
})
export class JobserviceModule {}
