import { Module } from '@nestjs/common';
import { RobotController } from './robot.controller.js';
import { RobotRepository } from './robot.repository.js';
import { RobotService } from './robot.service.js';

@Module({ controllers: [RobotController], providers: [RobotService, RobotRepository] })
export class RobotModule {}
