import type { Readable } from 'node:stream';
import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { internal, Operation } from '@haven/http';
import type { PresentedPage } from './line.presenter.js';
import { QueryService } from './query.service.js';
import { TailService } from './tail.service.js';

@Controller()
export class QueryController {
  constructor(
    @Inject(QueryService) private readonly queries: QueryService,
    @Inject(TailService) private readonly tails: TailService,
  ) {}

  @Get('/query')
  @Operation('queryLines', internal())
  query(@Query() params: unknown): Promise<PresentedPage> {
    return this.queries.search(params);
  }

  @Get('/services')
  @Operation('listLogServices', internal())
  services(): { services: string[] } {
    return this.queries.services();
  }

  @Get('/tail')
  @Header('content-type', 'text/event-stream')
  @Header('cache-control', 'no-store')
  @Operation('tailLines', internal())
  tail(@Query() params: unknown): Readable {
    return this.tails.open(params);
  }
}
