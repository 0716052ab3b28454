import { Module } from '@nestjs/common';
import { SystemScheduleModule } from '../system-schedule/system-schedule.module.js';
import { GcController } from './gc.controller.js';

@Module({ imports: [SystemScheduleModule], controllers: [GcController] })
export class GcModule {}
