import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { internal, JsonBody, Operation } from '@haven/http';
import { trafficBatch, type TrafficBatch } from './traffic.schema.js';
import { TrafficService } from './traffic.service.js';

/** Where the registry and the log collector tell what they have counted. nginx keeps it closed to the outside. */
@Controller('/service/traffic')
export class TrafficController {
  constructor(@Inject(TrafficService) private readonly traffic: TrafficService) {}

  @Post()
  @HttpCode(200)
  @Operation('receiveTraffic', internal())
  async receive(@JsonBody(trafficBatch) batch: TrafficBatch): Promise<{ countedUpTo: number | null }> {
    return { countedUpTo: await this.traffic.receive(batch) };
  }
}
