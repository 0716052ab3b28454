import { Controller, Get, Header } from '@nestjs/common';
import { open, Operation } from '@haven/http';

/** Says that core answers; touches nothing else. */
@Controller()
export class PingController {
  @Get('/api/v2.0/ping')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Operation('getPing', open())
  getPing(): string {
    return 'Pong';
  }

  @Get('/api/version')
  @Operation('getApiVersion', open())
  getApiVersion(): { version: string } {
    return { version: 'v2.0' };
  }
}
