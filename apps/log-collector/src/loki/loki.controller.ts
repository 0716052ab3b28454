import type { Readable } from 'node:stream';
import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { internal, Operation } from '@haven/http';
import { LokiService } from './loki.service.js';

@Controller('/loki/api/v1/push')
export class LokiController {
  constructor(@Inject(LokiService) private readonly loki: LokiService) {}

  @Post()
  @HttpCode(204)
  @Operation('pushToLoki', internal())
  push(@Body() body: Readable | undefined, @Headers('content-type') contentType: string | undefined): Promise<void> {
    return this.loki.push(body, contentType);
  }
}
