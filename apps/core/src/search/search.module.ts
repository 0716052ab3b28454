import { Module } from '@nestjs/common';
import { ProjectModule } from '../project/project.module.js';
import { SearchController } from './search.controller.js';
import { SearchRepository } from './search.repository.js';
import { SearchService } from './search.service.js';

@Module({ imports: [ProjectModule], controllers: [SearchController], providers: [SearchService, SearchRepository] })
export class SearchModule {}
