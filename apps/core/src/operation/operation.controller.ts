import type { Readable } from 'node:stream';
import { Controller, Get, Header, HttpCode, Inject, Post, Query } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  authenticated,
  CurrentPrincipal,
  internal,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { LiveChannel } from './live.channel.js';
import { StreamService } from './stream.service.js';
import { streamKinds, wantedOf } from './stream.schema.js';
import { transferNews, type TransferNews } from './transfer.schema.js';
import { TransferService } from './transfer.service.js';

/** What is pushed, pulled and deleted at this moment; ours, beside what Harbor has. See docs/image-operations.md. */
@Controller('/api/v2.0/operations')
export class OperationController {
  constructor(
    @Inject(TransferService) private readonly transfers: TransferService,
    @Inject(StreamService) private readonly streams: StreamService,
  ) {}

  @Get('transfers')
  @Operation('listTransfers', authenticated())
  async list(
    @CurrentPrincipal() viewer: Principal,
    @Query() params: unknown,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[]> {
    return sendPage(reply, await this.transfers.list(viewer, wantedOf(params, ['push', 'pull']), query), query);
  }

  /** Server-sent events. */
  @Get('stream')
  @Header('content-type', 'text/event-stream')
  @Header('cache-control', 'no-store')
  @Header('x-accel-buffering', 'no')
  @Operation('streamOperations', authenticated())
  stream(@CurrentPrincipal() viewer: Principal, @Query() params: unknown): Promise<Readable> {
    return this.streams.open(viewer, wantedOf(params, streamKinds));
  }
}

/** Where the registry and the log collector tell of transfers. nginx keeps it closed to the outside. */
@Controller('/service/transfers')
export class TransferController {
  constructor(@Inject(LiveChannel) private readonly channel: LiveChannel) {}

  @Post()
  @HttpCode(200)
  @Operation('receiveTransfers', internal())
  receive(@JsonBody(transferNews) news: TransferNews): void {
    this.channel.tell(news);
  }
}
