import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { CurrentPrincipal, open, Operation } from '@haven/http';
import { presentSearch } from './search.presenter.js';
import { searchedText, SearchService } from './search.service.js';

@Controller('/api/v2.0/search')
export class SearchController {
  constructor(@Inject(SearchService) private readonly searches: SearchService) {}

  @Get()
  @Operation('search', open())
  async search(@CurrentPrincipal() viewer: Principal, @Query() params: unknown): Promise<object> {
    return presentSearch(await this.searches.search(viewer, searchedText(params)));
  }
}
