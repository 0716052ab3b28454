import { Module } from '@nestjs/common';
import { ExecutionRepository } from './execution.repository.js';

@Module({ providers: [ExecutionRepository], exports: [ExecutionRepository] })
export class ExecutionModule {}
