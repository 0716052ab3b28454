import { Module } from '@nestjs/common';
import { LogClient } from './log.client.js';
import { LogController } from './log.controller.js';

@Module({ controllers: [LogController], providers: [LogClient] })
export class LogModule {}
