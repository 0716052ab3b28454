import type { Readable } from 'node:stream';
import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { Operation, systemAdmin } from '@haven/http';
import type { FastifyRequest } from 'fastify';
import { LogClient } from './log.client.js';

const queryOf = ({ url }: FastifyRequest): string => /\?.*$/s.exec(url)?.[0] ?? '';

/** Log lines of all services; ours, beside what Harbor has. See docs/logging.md for the parameters. */
@Controller('/api/v2.0/logs')
export class LogController {
  constructor(@Inject(LogClient) private readonly logs: LogClient) {}

  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @Operation('searchLogs', systemAdmin())
  search(@Req() request: FastifyRequest): Promise<Readable> {
    return this.logs.read('/query', queryOf(request));
  }

  /** Server-sent events. */
  @Get('tail')
  @Header('content-type', 'text/event-stream')
  @Header('cache-control', 'no-store')
  @Header('x-accel-buffering', 'no')
  @Operation('tailLogs', systemAdmin())
  tail(@Req() request: FastifyRequest): Promise<Readable> {
    return this.logs.read('/tail', queryOf(request));
  }
}
