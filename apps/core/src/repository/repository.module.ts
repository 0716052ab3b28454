import { Module } from '@nestjs/common';
import { RepositoryController } from './repository.controller.js';
import { RepositoryRepository } from './repository.repository.js';
import { RepositoryService } from './repository.service.js';

@Module({ controllers: [RepositoryController], providers: [RepositoryService, RepositoryRepository] })
export class RepositoryModule {}
