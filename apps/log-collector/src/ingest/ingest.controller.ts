import type { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { internal, Operation } from '@haven/http';
import { IngestService } from './ingest.service.js';

@Controller('/ingest')
export class IngestController {
  constructor(@Inject(IngestService) private readonly lines: IngestService) {}

  @Post()
  @HttpCode(200)
  @Operation('ingestLines', internal())
  ingest(@Body() body: Readable | undefined, @Query() params: unknown): Promise<{ accepted: number }> {
    return this.lines.take(body, params);
  }
}
