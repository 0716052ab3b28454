import { Module } from '@nestjs/common';
import { ImmutableController } from './immutable.controller.js';
import { ImmutableRepository } from './immutable.repository.js';
import { ImmutableService } from './immutable.service.js';

@Module({ controllers: [ImmutableController], providers: [ImmutableService, ImmutableRepository] })
export class ImmutableModule {}
