import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { SystemScheduleService } from './system-schedule.service.js';

@Module({ imports: [ExecutionModule], providers: [SystemScheduleService], exports: [SystemScheduleService] })
export class SystemScheduleModule {}
