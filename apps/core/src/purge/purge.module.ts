import { Module } from '@nestjs/common';
import { SystemScheduleModule } from '../system-schedule/system-schedule.module.js';
import { PurgeController } from './purge.controller.js';

@Module({ imports: [SystemScheduleModule], controllers: [PurgeController] })
export class PurgeModule {}
