import { Module } from '@nestjs/common';
import { ExplainController } from './explain.controller.js';
import { ExplainRepository } from './explain.repository.js';
import { ExplainService } from './explain.service.js';
import { SubjectService } from './subject.service.js';

@Module({ controllers: [ExplainController], providers: [ExplainService, ExplainRepository, SubjectService] })
export class ExplainModule {}
