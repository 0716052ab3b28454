import { readFileSync } from 'node:fs';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { OutboundClient } from '@haven/outbound';
import { CORE_CONFIG, type CoreConfig } from './core.config.js';

function connect({ outboundReach, outboundCaFile }: CoreConfig): OutboundClient {
  const ca = outboundCaFile === '' ? '' : readFileSync(outboundCaFile, 'utf8');
  return new OutboundClient({ reach: outboundReach, ca });
}

/** Core's way to other people's servers. */
@Global()
@Module({
  providers: [{ provide: OutboundClient, useFactory: connect, inject: [CORE_CONFIG] }],
  exports: [OutboundClient],
})
export class OutboundModule implements OnApplicationShutdown {
  constructor(@Inject(OutboundClient) private readonly outbound: OutboundClient) {}

  onApplicationShutdown(): Promise<void> {
    return this.outbound.close();
  }
}
